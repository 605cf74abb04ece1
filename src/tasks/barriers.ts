import type { AnyTask } from './types.ts'

/**
 * Where all hosts wait for each other, always: everybody has passed the checks; everybody is ready to switch; everybody has switched
 * and was read back. In a sequence they stand among the names of tasks.
 */
export type Barrier = '|checked' | '|ready' | '|live'

export const isBarrier = (item: string): item is Barrier => item.startsWith('|')

export interface CoreDef {
  readonly task: AnyTask
  readonly barrier?: Barrier
  /** at most so many hosts at a time (a git server's patience) */
  readonly limit?: number
  /** a git step: the agent is forwarded to it where the config says `forwardAgent: 'git'` */
  readonly agent?: boolean
}
