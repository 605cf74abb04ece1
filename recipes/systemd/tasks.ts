import { z } from 'zod'
import type { AnyTask, FactsContext, RecipeFacts, StepList, StepsContext } from '../../src/index.ts'
import { checkUnits } from './check.ts'
import { call, reload, restart, start, stop, taskCalls, type Act } from './lifecycle.ts'
import { ownName, serving, type Service } from './service.ts'
import type { Context, ScopeSettings } from './scope.ts'
import type { ServiceOut, ServiceTask } from './settings.ts'
import { recover } from './recover.ts'
import { unitsOf } from './state.ts'
import { lingers, showLog, showStatus } from './watch.ts'

export interface Settings {
  readonly services: Readonly<Record<string, ServiceOut>>
}

type On = { settings: Settings }
type Def = Omit<AnyTask, 'steps' | 'run' | 'sequence'>

/** The tasks of every service. */
export const TASKS: readonly { readonly name: ServiceTask; readonly def: (service: string) => Def }[] = [
  { name: 'start', def: (name) => ({ description: `Start ${name}`, ...on(name), ...checked(name), ...recovered(name) }) },
  { name: 'stop', def: (name) => ({ description: `Stop ${name}`, ...on(name), ...checked(name) }) },
  {
    name: 'restart',
    def: (name) => ({
      description: `Restart ${name}`,
      ...on(name),
      ...checked(name),
      ...recovered(name),
      rolling: ({ settings }: On) => settings.services[name]!.rolling ?? undefined,
    }),
  },
  { name: 'reload', def: (name) => ({ description: `Let ${name} read its files again`, ...on(name), ...checked(name) }) },
  { name: 'status', def: (name) => ({ description: `Show what systemd says of ${name}`, ...on(name), shows: true }) },
  { name: 'log', def: (name) => ({ description: `Follow the log of ${name}`, ...on(name), shows: true, args: logArgs }) },
  { name: 'enable', def: (name) => ({ description: `Let ${name} start at boot`, ...on(name) }) },
  { name: 'disable', def: (name) => ({ description: `Let ${name} not start at boot`, ...on(name) }) },
]

/** By the recipe's own name; if you use the recipe under another name, the task gets that one. */
const recovered = (name: string) => ({ recover: `systemd:${name}:recover` })
const checked = (name: string) => ({ check: `systemd:${name}:check` })

const on = (name: string) => ({ on: ({ settings }: On) => settings.services[name]!.on })

/** The arguments of a task that follows a log. */
export const logArgs = z.object({ lines: z.coerce.number().int().min(0).default(100) })
export const linesOf = ({ args }: Pick<StepsContext, 'args'>): number => (typeof args.lines === 'number' ? args.lines : 100)

/** One service in the form that the functions of this folder take. */
export const part = <C extends { settings: Settings; facts?: RecipeFacts }>(c: C, name: string) => {
  const service = c.settings.services[name]!
  const facts = Object.fromEntries(
    Object.entries(c.facts ?? {}).flatMap(([key, answer]) => (key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), answer]] : [])),
  )
  const context = serving({ ...c, settings: scopeOf(service), facts }, wordsOf(name))
  return { service, context: context as unknown as Context, calls: callsFor(service) }
}

export const steps = (c: StepsContext<Settings>, name: string, task: ServiceTask): StepList => {
  const { service, context } = part(c, name)
  const units = unitsOf(context.facts, service.units)
  switch (task) {
    case 'start':
      return start(context, units)
    case 'stop':
      return stop(context, units)
    case 'restart':
      return restart(context, units, service.rolling !== null)
    case 'reload':
      return reload(context, units, reloadOf(service))
    case 'status':
      return [showStatus(context, service.units)]
    case 'log':
      return [showLog(context, service.units, linesOf(c))]
    case 'enable':
      return [call(context, 'enable', units), service.user === 'user' && lingers(context)]
    case 'disable':
      return [call(context, 'disable', units)]
  }
}

/** Checks before a deploy that what it does by itself will be possible. */
export const checkSteps = (c: StepsContext<Settings>, name: string): StepList => {
  const { service, context, calls } = part(c, name)
  return checkUnits(
    context,
    unitsOf(context.facts, service.units),
    calls.filter(({ optional }) => !optional),
  )
}

/** After a failure or an interruption, starts what ran before and is down. */
export const recoverSteps = (c: StepsContext<Settings>, name: string): StepList => {
  const { service, context } = part(c, name)
  return recover(context, unitsOf(context.facts, service.units), `systemd:${name}`)
}

/** The arguments of `unitFacts`. */
export const lookUps = (c: FactsContext<Settings>, name: string): [ScopeSettings, readonly string[], string | undefined] => {
  const service = c.settings.services[name]!
  return [scopeOf(service), service.units, c.host.user]
}

export const scopeOf = ({ user, account, systemctlBin }: ServiceOut): ScopeSettings => ({
  serviceUnitUser: user,
  user: account,
  systemctlBin,
})

const reloadOf = ({ reloadOrRestart }: ServiceOut) => (reloadOrRestart ? 'reload-or-restart' : 'reload')

const callsFor = (service: ServiceOut) => {
  const acts = (tasks: readonly ServiceTask[]): Act[] =>
    tasks.flatMap((task): Act[] => {
      if (task === 'reload') return [reloadOf(service)]
      return task === 'start' || task === 'stop' || task === 'restart' ? [task] : []
    })
  return taskCalls(service.units, {
    all: acts(['start', 'stop', 'restart', 'reload']),
    hooked: acts(Object.values(service.after).flat()),
    apart: service.rolling !== null,
  })
}

const wordsOf = (name: string): Service => ({
  name,
  tasks: `systemd:${name}`,
  scope: 'user',
  own: (c) =>
    `give this one a unit of its own: systemd({ services: { ${name}: { unit: '${ownName(name, c)}' } } }). For a service of the host that all applications use, set shared: true`,
  hosts: true,
  install: ({ bin }) => `write it (docs/systemd.md has some), then ${bin} daemon-reload`,
  killed: { lost: 'what it was doing is lost', timeout: 'Give it more time to end: TimeoutStopSec in its unit' },
  notify: 'Type=notify is for a program that says READY=1 as the main process (write exec in ExecStart), or with NotifyAccess=all',
  reload: () => `the unit has no ExecReload: write one, restart instead, or set reloadOrRestart: true for ${name}`,
})
