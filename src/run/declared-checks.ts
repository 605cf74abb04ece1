import type { Stage } from '../tasks/stage.ts'
import { nameInRun } from '../plan/context.ts'
import { orderTasks, tasksOf } from '../tasks/order.ts'
import type { Registry } from '../tasks/entry.ts'

const CHECK = 'deploy:check'

/**
 * Adds the checks that tasks of a deploy or a rollback name in `check` before `deploy:check`, unless they already run there. So a hook of
 * the config is checked before anything is touched, like the hooks of a recipe.
 */
export const withDeclaredChecks = (stage: Stage, registry: Registry): Registry => {
  const tasks = tasksOf(orderTasks(registry, ['deploy', 'deploy:rollback']))
  const present = new Set(tasks.map(({ name }) => name))
  // the first task that names a check hangs it there
  const declared = new Map<string, string>()
  for (const { def, owner } of tasks) {
    const name = def.check === undefined ? undefined : nameInRun(stage, owner, def.check)
    if (name !== undefined && !declared.has(name)) declared.set(name, owner)
  }
  const checks = [...declared].flatMap(([task, owner]) => (present.has(task) ? [] : [{ task, owner }]))
  if (checks.length === 0) return registry
  return { ...registry, before: new Map(registry.before).set(CHECK, [...(registry.before.get(CHECK) ?? []), ...checks]) }
}
