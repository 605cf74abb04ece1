import type { TaskEntry } from '../tasks/entry.ts'
import type { Rolling } from '../tasks/types.ts'
import { milliseconds } from '../values/duration.ts'
import { EXIT } from '../values/errors.ts'
import { hostShareSize } from '../values/host-share.ts'
import type { ContextInput } from './context.ts'
import { userCodeError } from '../errors/user-code-error.ts'

export interface Shares<H> {
  /** in the order in which the hosts were given */
  readonly shares: readonly (readonly H[])[]
  /** milliseconds between the end of one share and the next */
  readonly wait: number
}

/** The shares in which a rolling task goes through its hosts; undefined if all run at once. Throws (usage) for an invalid size or wait. */
export const sharesOf = <H>(input: Pick<ContextInput, 'stage'>, task: TaskEntry, hosts: readonly H[]): Shares<H> | undefined => {
  try {
    const rolling = rollingOf(task, input)
    if (rolling === undefined) return undefined
    const size = hostShareSize(rolling.size, hosts.length)
    const wait = rolling.wait === undefined ? 0 : milliseconds(rolling.wait)
    if (hosts.length < 2 || size >= hosts.length) return undefined
    const count = Math.ceil(hosts.length / size)
    return { shares: Array.from({ length: count }, (_, i) => hosts.slice(i * size, (i + 1) * size)), wait }
  } catch (error) {
    throw userCodeError(error, EXIT.usage, `rolling of the task ${task.name}`)
  }
}

const rollingOf = (task: TaskEntry, { stage }: Pick<ContextInput, 'stage'>): Rolling | undefined => {
  const { rolling } = task.def
  return typeof rolling === 'function' ? rolling({ settings: task.settings, stage: stage.name }) : rolling
}
