import type { CommitNotes } from '../facts/commit-notes.ts'
import type { LockFact } from '../facts/lock-fact.ts'
import type { ReleaseState } from '../facts/types.ts'
import type { Hold } from '../values/hold.ts'
import type { ServiceRow } from './service-rows.ts'

/** The release that is live on a host. */
export interface LiveStatus {
  readonly release: string
  readonly state: ReleaseState
  readonly revision: string | undefined
  readonly commit: CommitNotes | undefined
  readonly branch: string | undefined
  /** who made it live */
  readonly by: string | undefined
  /** when it went live: seconds since the epoch, and ago, by the host's clock; undefined: not known */
  readonly since: number | undefined
  readonly age: number | undefined
}

/** One host as `status` shows it. */
export interface HostStatus {
  readonly host: string
  /** false: it could not be read, and nothing else is known */
  readonly read: boolean
  /** whether it gets releases */
  readonly releases: boolean
  readonly live: LiveStatus | undefined
  /** what is in the place of `current`, if that is not a release: the target of the link, or `a directory` */
  readonly elsewhere: string | undefined
  /** it is on another release than most hosts */
  readonly differs: boolean
  /** the newest good release before the live one */
  readonly before: string | undefined
  /** the run that holds the lock */
  readonly lock: LockFact | undefined
  /** the lock that somebody holds until it is unlocked */
  readonly hold: Hold | undefined
  readonly services: readonly ServiceRow[]
  /** services of recipes that could not be read, and why */
  readonly unread: readonly { readonly recipe: string; readonly why: string }[]
}

export interface StageStatus {
  readonly application: string
  readonly stage: string
  readonly hosts: readonly HostStatus[]
  readonly drift: readonly Drift[]
  readonly headline: string
}

/** Something that is not in step: a host that differs or could not be read, a service that runs from another release. */
export interface Drift {
  readonly host: string
  readonly what: string
}
