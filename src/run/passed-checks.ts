import { nameInRun } from '../plan/context.ts'
import type { Plan } from '../plan/types.ts'
import type { Registry, TaskEntry } from '../tasks/entry.ts'
import type { Stage } from '../tasks/stage.ts'

/**
 * Whether nothing is to be run because nothing is wrong: only checks were asked for, and none of them has a step. A check that finds
 * something has a step that reports it.
 */
export const checksPassed = ({ waves }: Plan, tasks: readonly string[], stage: Stage, registry: Registry): boolean => {
  const checks = checkNames(stage, [...registry.tasks.values()])
  return waves.length === 0 && tasks.length > 0 && tasks.every((name) => checks.has(name) || name.endsWith(':check'))
}

/** The names of tasks that some task names as its check. */
export const checkNames = (stage: Stage, tasks: readonly TaskEntry[]): ReadonlySet<string> =>
  new Set(tasks.flatMap(({ def, owner }) => (def.check === undefined ? [] : [nameInRun(stage, owner, def.check)])))
