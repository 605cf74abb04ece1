import type { Secret } from '../values/secret.ts'

/** What a lost session may have left on its host, for `fence` of a session of the next one. */
export interface SessionTrace {
  /** prefix of its step marks */
  readonly key: string
  /** what its keeper reported about itself */
  readonly keeper: string
  /** its shells, both those that ran a script and those that only waited; `stay`: the script started a daemon */
  readonly shells: readonly { readonly pid: number; readonly stay: boolean }[]
  /** when the first of the running steps began, in ticks since the host's boot */
  readonly from: number | undefined
  /** where it held the lock */
  readonly deployTo: string | undefined
  /** what sudo took from it: what runs as root there may need it to be ended */
  readonly sudoPassword?: Secret | undefined
}
