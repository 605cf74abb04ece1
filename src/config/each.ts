import { present, type Absent } from '../values/absent.ts'
import { usageError } from '../values/errors.ts'
import type { AnyTask, RunTask, SequenceTask, StepsTask } from '../tasks/types.ts'

type TaskKey = keyof StepsTask | keyof RunTask | keyof SequenceTask
/** Keys that no task has: what a function returns is not checked for them. */
export type NoOthers<D> = { [X in Exclude<keyof D, TaskKey>]: never }

/**
 * The same task under several names: `tasks: { ...each(['web', 'api'], (name) => ({ steps: () => [sh`restart ${name}`] })) }`. The names are
 * checked like any others, in hooks and sequences; those of `Object.fromEntries` are not. Throws (usage) for a name that is listed twice.
 */
export const each = <const K extends string, const D extends AnyTask>(
  names: readonly (K | Absent)[],
  make: (name: K) => D & NoOthers<D>,
): { [P in K]: D } => {
  const all = present(names) as K[]
  const twice = all.find((name, i) => all.indexOf(name) < i)
  if (twice !== undefined) throw usageError(`each(): the task "${twice}" is listed twice`)
  return Object.fromEntries(all.map((name): [string, D] => [name, make(name)])) as { [P in K]: D }
}
