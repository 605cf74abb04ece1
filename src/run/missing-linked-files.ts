import type { Stage } from '../tasks/stage.ts'
import { tasksOf, type Entry } from '../tasks/order.ts'
import type { Registry, TaskEntry } from '../tasks/entry.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { reportError } from './connect.ts'
import type { Intent } from './intent.ts'
import { checkNames } from './passed-checks.ts'
import type { RunState } from './state.ts'

const CHECK_TASK = 'deploy:check:linked_files'

const isCheck = (task: TaskEntry): boolean => task.owner === 'core' && task.name === CHECK_TASK

/** Whether a run of these would look for the linked files. */
export const checksLinkedFiles = (entries: readonly Entry[]): boolean =>
  entries.some((entry) => entry.kind === 'task' && isCheck(entry.task))

/** Whether a run of these sends linked files. */
export const sendsLinkedFiles = (entries: readonly Entry[]): boolean =>
  entries.some((entry) => entry.kind === 'task' && entry.task.owner === 'core' && entry.task.name === 'deploy:upload_linked_files')

/**
 * For a plan: reports missing linked files. The run would fail because of them, so this is an error of the plan, or a warning if an earlier
 * task may bring them.
 */
export const reportMissingFiles = (state: RunState, stage: Stage, { entries, registry }: Pick<Intent, 'entries' | 'registry'>): void => {
  const provider = providerOf(stage, entries, registry)
  for (const { name: host } of stage.hosts) {
    const unlinked = state.reads.get(host)?.unlinked
    if (!unlinked) continue
    const { reason, hint } = unlinked
    if (provider === undefined) reportError(state, new ShipitError(reason, { host, hint }), EXIT.failed)
    else
      state.emit({
        type: 'log',
        level: 'warn',
        host,
        message: `${reason.replaceAll('\n', '; ')}: ${CHECK_TASK} fails unless ${provider} puts it there`,
      })
  }
}

/** The first task before that check that is neither shipit's own nor a check. */
const providerOf = (stage: Stage, entries: readonly Entry[], registry: Registry): string | undefined => {
  const tasks = tasksOf(entries)
  const checks = checkNames(stage, [...tasks, ...registry.tasks.values()])
  return tasks.slice(0, tasks.findIndex(isCheck)).find(({ name, owner }) => owner !== 'core' && !checks.has(name))?.name
}
