import type { Host } from '../inventory/types.ts'
import { targetsOf, type ContextInput } from '../plan/context.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import { usageError } from '../values/errors.ts'
import { insideOn } from './invocation.ts'

/** Runs `fn` for these hosts at once. When all have settled, throws the error of the first host that has one: see {@link errorsOf}. */
export const sideBySide = async <T>(hosts: readonly Host[], fn: (host: Host) => Promise<T>): Promise<Map<Host, T>> => {
  const results = await Promise.allSettled(hosts.map(async (host) => insideOn.run(host.name, () => fn(host))))
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (errors.length > 0) throw firstWithOthers(errors)
  return new Map(hosts.map((host, i) => [host, (results[i] as PromiseFulfilledResult<T>).value]))
}

/** The hosts of a task in this run: what its `on` selects of those that the filters left. Throws (usage) if it runs on this machine. */
export const ownHosts = (input: ContextInput, task: TaskEntry): readonly Host[] => {
  const targets = targetsOf(input, task)
  if (targets !== 'local') return targets
  throw usageError(`each() is for the hosts of a task, and ${task.name} runs on this machine: its \`on\` is 'local'`, {
    hint: "select hosts: on('all', async (h) => …)",
  })
}

const otherErrors = new WeakMap<object, readonly unknown[]>()

/** The first error of several hosts. The others are reported with it if it ends the task. */
const firstWithOthers = ([first, ...rest]: readonly unknown[]): unknown => {
  if (typeof first === 'object' && first !== null && rest.length > 0) otherErrors.set(first, rest)
  return first
}
/** The error that ended a task, and those of the other hosts. */
export const errorsOf = (error: unknown): readonly unknown[] => [
  error,
  ...(typeof error === 'object' && error !== null ? (otherErrors.get(error) ?? []) : []),
]
