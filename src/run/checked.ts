import type { Stage } from '../tasks/stage.ts'
import { usedName } from '../plan/context.ts'
import { orderTasks } from '../tasks/order.ts'
import type { Registry } from '../tasks/entry.ts'

const CHECK = 'deploy:check'

/**
 * Adds the checks that tasks of a deploy or a rollback name in `check` before `deploy:check`, unless they already run there. So a hook of
 * the config is checked before anything is touched, like the hooks of a recipe.
 */
export const withChecks = (stage: Stage, registry: Registry): Registry => {
  const tasks = orderTasks(registry, ['deploy', 'deploy:rollback']).flatMap((entry) => (entry.kind === 'task' ? [entry.task] : []))
  const there = new Set(tasks.map(({ name }) => name))
  const named = tasks.flatMap(({ def, owner }) => (def.check === undefined ? [] : [usedName(stage, owner, def.check)]))
  const checks = [...new Set(named)].filter((name) => !there.has(name))
  if (checks.length === 0) return registry
  return { ...registry, before: new Map(registry.before).set(CHECK, [...(registry.before.get(CHECK) ?? []), ...checks]) }
}
