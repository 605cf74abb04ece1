import { collectEnvErrors, isEnvError, requireVariable } from '../../config/env-issues.ts'
import { localFacts } from '../../config/operator.ts'
import type { Overrides } from '../../config/overrides.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { resolveStage } from '../../config/stage.ts'
import { optionClashes } from '../../config/option-clashes.ts'
import { taskCycles } from '../../config/static-checks.ts'
import { configError, placeOf } from '../../config/validate.ts'
import type { ConfigPath } from '../../errors/source-location.ts'
import { targetsOf } from '../../plan/context.ts'
import { sharesOf } from '../../plan/rolling.ts'
import { deployInfo } from '../../run/deploy-info.ts'
import { createIntent } from '../../run/intent.ts'
import { createRegistry, findIn } from '../../tasks/registry.ts'
import type { Registry } from '../../tasks/entry.ts'
import { setBySequences } from '../../tasks/sequence-set.ts'
import type { Stage } from '../../tasks/stage.ts'
import type { AnyTask } from '../../tasks/types.ts'
import { ShipitError, usageError } from '../../values/errors.ts'
import { refuseReservedNames } from '../task-options.ts'

export interface CheckedStage {
  readonly name: string
  readonly errors: readonly ShipitError[]
  /** what a deploy or a rollback would warn about before it connects */
  readonly warnings: readonly string[]
  readonly hosts: number
  readonly tasks: number
  /** whether any host gets releases; if not, there is no deploy to check */
  readonly deploys: boolean
}

/** Runs code, and keeps the mistake that it throws. */
type Attempt = (run: () => void) => void

/** Evaluates a stage as a run does, up to the connections of a deploy and of a rollback, and collects what is wrong. */
export const checkStage = async (loaded: LoadedConfig, name: string, overrides: Overrides): Promise<CheckedStage> => {
  const errors: ShipitError[] = []
  const warnings = new Set<string>()
  let [hosts, tasks, deploys] = [0, 0, true]
  const attempt: Attempt = (run) => {
    try {
      run()
    } catch (error) {
      if (!(error instanceof ShipitError)) throw error
      // reported together, when everything has been tried
      if (isEnvError(error)) requireVariable(error)
      else errors.push(error)
    }
  }
  try {
    await collectEnvErrors(async () => {
      const stage = await resolveStage(loaded, name, overrides)
      const registry = createRegistry(stage)
      ;[hosts, tasks, deploys] = [stage.hosts.length, registry.tasks.size, stage.hosts.some(({ release }) => release)]
      const cycles = taskCycles(registry)
      for (const { message, hint } of optionClashes(registry)) errors.push(usageError(message, { hint }))
      if (cycles.length > 0) throw await configError(cycles, loaded.file, loaded.text)
      checkTasks(stage, registry, attempt)
      errors.push(...(await setErrors(loaded, stage, registry, overrides)))
      if (deploys)
        for (const task of ['deploy', 'deploy:rollback']) attempt(() => intentOf(stage, task).warnings.forEach((one) => warnings.add(one)))
    })
  } catch (error) {
    if (!(error instanceof ShipitError)) throw error
    errors.push(error)
  }
  return { name, errors, warnings: [...warnings], hosts, tasks, deploys }
}

const intentOf = (stage: Stage, task: string) =>
  createIntent({ stage, hosts: stage.hosts, tasks: [task], args: new Map(), release: undefined, user: localFacts().user, now: new Date() })

/** What is wrong with the values that sequences set: each is tried as if it were typed. */
const setErrors = async (
  loaded: LoadedConfig,
  stage: Stage,
  { tasks }: Registry,
  overrides: Overrides,
): Promise<readonly ShipitError[]> => {
  const errors: ShipitError[] = []
  for (const { name, def } of tasks.values()) {
    if (def.set === undefined) continue
    const sets = setBySequences([name], findIn({ tasks }))
    try {
      await resolveStage(loaded, stage.name, { ...overrides, set: [...sets, ...(overrides.set ?? [])] })
    } catch (error) {
      if (!(error instanceof ShipitError)) throw error
      const path = setPath(loaded, stage.name, name)
      errors.push(
        usageError(`${name}, with its \`set\`: ${error.message}`, { hint: error.hint, where: path && (await placeOf(path, loaded)) }),
      )
    }
  }
  return errors
}

/** Where the config says what a sequence sets; undefined for a recipe's. */
const setPath = ({ config }: LoadedConfig, stage: string, task: string): ConfigPath | undefined => {
  const own = config.stages[stage]
  const places: readonly (readonly [ConfigPath, Readonly<Record<string, AnyTask>> | undefined])[] = [
    [['stages', stage, 'tasks', task, 'set'], typeof own === 'function' ? undefined : own?.tasks],
    [['tasks', task, 'set'], config.tasks],
  ]
  return places.find(([, tasks]) => tasks !== undefined && Object.hasOwn(tasks, task))?.[0]
}

/** What every task decides before it connects: its hosts, how it rolls through them, its options. */
const checkTasks = (stage: Stage, registry: Registry, attempt: Attempt): void => {
  const deploy = deployInfo({ stage, user: localFacts().user, now: new Date() })
  const context = { stage, hosts: stage.hosts, deploy }
  for (const task of registry.tasks.values()) {
    attempt(() => {
      if (task.def.args) refuseReservedNames(task.name, task.def.args)
      const on = targetsOf(context, task)
      if (on !== 'local') sharesOf(context, task, on)
    })
  }
}
