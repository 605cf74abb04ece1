import { nameInRun } from '../plan/context.ts'
import type { Plan } from '../plan/types.ts'
import type { Registry, TaskEntry } from '../tasks/entry.ts'
import type { Stage } from '../tasks/stage.ts'

/**
 * Whether nothing is to be run because nothing is wrong: only checks were asked for, and none of them has a step. A check that finds
 * something has a step that reports it.
 */
export const checksPassed = ({ waves }: Plan, tasks: readonly string[], stage: Stage, registry: Registry): boolean => {
  const named = checkNames(stage, [...registry.tasks.values()])
  const hung = new Set(registry.before.get('deploy:check')?.map(({ task }) => (typeof task === 'string' ? task : task.name)))
  // a recipe calls its check so, whether or not it hangs it somewhere; in a config, the name means nothing
  const isOfRecipe = (name: string): boolean => name.endsWith(':check') && registry.tasks.get(name)?.owner !== 'config'
  return waves.length === 0 && tasks.length > 0 && tasks.every((name) => named.has(name) || hung.has(name) || isOfRecipe(name))
}

/** The names of tasks that some task names as its check. */
export const checkNames = (stage: Stage, tasks: readonly TaskEntry[]): ReadonlySet<string> =>
  new Set(tasks.flatMap(({ def, owner }) => (def.check === undefined ? [] : [nameInRun(stage, owner, def.check)])))
