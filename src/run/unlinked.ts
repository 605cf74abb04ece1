import type { Stage } from '../tasks/stage.ts'
import { usedName } from '../plan/context.ts'
import type { Entry } from '../tasks/order.ts'
import type { Registry, TaskEntry } from '../tasks/entry.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { reportError } from './connect.ts'
import type { Intent } from './intent.ts'
import type { RunState } from './state.ts'

const LOOK = 'deploy:check:linked_files'

const isLook = (task: TaskEntry): boolean => task.owner === 'core' && task.name === LOOK

/** Whether a run of these would look for the linked files. */
export const looksForFiles = (entries: readonly Entry[]): boolean => entries.some((entry) => entry.kind === 'task' && isLook(entry.task))

/**
 * For a plan: reports missing linked files. The run would fail because of them, so this is an error of the plan, or a warning if an earlier
 * task may bring them.
 */
export const tellUnlinked = (state: RunState, stage: Stage, { entries, registry }: Pick<Intent, 'entries' | 'registry'>): void => {
  const bringer = mayBring(stage, entries, registry)
  for (const { name: host } of stage.hosts) {
    const unlinked = state.reads.get(host)?.unlinked
    if (!unlinked) continue
    const { reason, hint } = unlinked
    if (bringer === undefined) reportError(state, new ShipitError(reason, { host, hint }), EXIT.failed)
    else
      state.emit({
        type: 'log',
        level: 'warn',
        host,
        message: `${reason.replaceAll('\n', '; ')}: ${LOOK} fails unless ${bringer} puts it there`,
      })
  }
}

/** The first task before that check that is neither shipit's own nor a check. */
const mayBring = (stage: Stage, entries: readonly Entry[], registry: Registry): string | undefined => {
  const tasks = entries.flatMap((entry) => (entry.kind === 'task' ? [entry.task] : []))
  const named = [...tasks, ...registry.tasks.values()]
  const checks = new Set(named.flatMap(({ def, owner }) => (def.check === undefined ? [] : [usedName(stage, owner, def.check)])))
  return tasks.slice(0, tasks.findIndex(isLook)).find(({ name, owner }) => owner !== 'core' && !checks.has(name))?.name
}
