import { fail } from '../../src/index.ts'
import type { StepList } from '../../src/index.ts'
import { checkSteps, sudoersTask } from '../../src/kit/index.ts'
import { callVerb, reload, restart, start, stop } from './lifecycle.ts'
import { verifyLinger } from './linger.ts'
import { quietUnits } from './quiet.ts'
import { recover } from './recover.ts'
import { partOf, type Part, type RecipeContext, type ServiceDefinition } from './service-definition.ts'
import { serviceChecks } from './service-facts.ts'
import { followLog, linesOf, logArgs, showStatus } from './status-and-log.ts'
import { sudoersRules } from './sudoers.ts'
import { installWritten, uninstallWritten, warnOfDrift } from './units/service-units.ts'
import { installArgs, uninstallArgs } from './units/uninstall.ts'

/** The tasks of a service; put them into those of a recipe, each under its name. */
export const serviceTasks = <S, H>(definition: ServiceDefinition<S, H>) => {
  const { title, on, tasks } = definition
  const steps = stepsOf(definition)
  const check = `${tasks}:check`
  const recovery = `${tasks}:recover`
  const rolling = ({ settings }: { settings: S }) => definition.describe(settings).rolling ?? undefined
  return {
    start: {
      description: `Start ${title}`,
      on,
      check,
      recover: recovery,
      steps: steps((part, c) => [warnOfDrift(definition, c, part), start(part.context, part.units)]),
    },
    stop: { description: `Stop ${title}`, on, check, steps: steps(({ context, units }) => stop(context, units)) },
    restart: {
      description: `Restart ${title}`,
      on,
      check,
      recover: recovery,
      rolling,
      steps: steps((part, c) => [warnOfDrift(definition, c, part), restart(part.context, part.units, part.service.rolling !== null)]),
    },
    reload: {
      description: `Reload ${title}`,
      on,
      check,
      steps: steps(({ context, units, service }) => reload(context, units, service.reload ?? 'reload')),
    },
    ...hostTasks(definition),
    // tasks of a deploy have no description, so `--tasks` does not list them
    recover: { on, steps: steps(({ context, units }) => recover(context, units, tasks)) },
    check: { on, steps: steps((part, c) => checkSteps(`check ${part.service.units.join(', ')}`, serviceChecks(definition, c, part))) },
  }
}

/** The tasks that a deploy does not run: what you look at, and what you set up once. */
const hostTasks = <S, H>(definition: ServiceDefinition<S, H>) => {
  const { title, on } = definition
  const steps = stepsOf(definition)
  return {
    status: {
      description: `Show systemd's status of ${title}`,
      on,
      shows: true,
      steps: steps(({ context, service }) => [showStatus(context, service.units)]),
    },
    log: {
      description: `Follow the log of ${title}`,
      on,
      shows: true,
      args: logArgs,
      steps: steps(({ context, service }, c) => [followLog(context, service.units, linesOf(c))]),
    },
    enable: {
      description: `Start ${title} at boot`,
      on,
      steps: steps(({ context, units, service }) => [
        callVerb(context, 'enable', units),
        service.scope.serviceUnitUser === 'user' && verifyLinger(context),
      ]),
    },
    disable: {
      description: `Do not start ${title} at boot`,
      on,
      steps: steps(({ context, units }) => [callVerb(context, 'disable', units)]),
    },
    install: {
      description: `Write the unit of ${title} and enable it`,
      on,
      shows: true,
      args: installArgs,
      steps: steps((part, c) => installWritten(definition, c, part)),
    },
    uninstall: {
      description: `Stop ${title} and remove its unit`,
      on,
      shows: true,
      args: uninstallArgs,
      steps: steps((part, c) => uninstallWritten(definition, c, part)),
    },
    sudoers: {
      description: `Print the sudo rules that the tasks of ${title} need; --install puts them in place`,
      on,
      ...sudoersTask(sudoersRules(definition)),
    },
  }
}

/** The task that quiets a service whose definition has a signal for that. */
export const quietTask = <S, H>(definition: ServiceDefinition<S, H>) => ({
  description: `Quiet ${definition.title}: it takes no new work`,
  on: definition.on,
  check: `${definition.tasks}:check`,
  recover: `${definition.tasks}:recover`,
  steps: stepsOf(definition)(({ context, units, service }) =>
    service.quiet === undefined
      ? [fail(`no signal is set to quiet ${definition.title}`, { hint: "set quiet in systemdService(): quiet: 'USR1'" })]
      : quietUnits(context, units, service.quiet),
  ),
})

/** The steps of a task, made from the part of the context that belongs to the service. */
const stepsOf =
  <S, H>(definition: ServiceDefinition<S, H>) =>
  (make: (part: Part<H>, c: RecipeContext<S>) => StepList) =>
  (c: RecipeContext<S>): StepList =>
    make(partOf(definition, c), c)
