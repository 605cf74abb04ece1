import type { AnyTask } from './types.ts'

/**
 * Where all hosts wait for each other: until all have passed the checks; until all are ready to switch; until all have switched and
 * were read back. In a sequence, barriers are listed among the task names.
 */
export type Barrier = '|checked' | '|ready' | '|live'

export const isBarrier = (item: string): item is Barrier => item.startsWith('|')

export interface CoreDef {
  readonly task: AnyTask
  readonly barrier?: Barrier
  /** how many hosts may run it at a time, so that a git server can cope */
  readonly limit?: number
  /** a git step: the agent is forwarded to it if the config sets `forwardAgent: 'git'` */
  readonly agent?: boolean
}
