import type { CommitNotes } from '../facts/commit-notes.ts'
import type { CommitRange } from '../facts/commit-range.ts'

/** Hosts with the same commit live, and what a deploy would change there. */
export interface PendingGroup {
  readonly hosts: readonly string[]
  /** the live commit; undefined if nothing is live, or its commit is not known */
  readonly live: string | undefined
  /** whether anything is live */
  readonly first: boolean
  /** undefined: not known; a first deploy has none */
  readonly range: CommitRange | undefined
}

export interface StagePending {
  readonly application: string
  readonly stage: string
  /** what would be deployed, as the config or `--branch` names it; its commit, undefined if that is not known */
  readonly branch: string
  readonly revision: string | undefined
  readonly commit: CommitNotes | undefined
  readonly groups: readonly PendingGroup[]
  /** commits of the local branch that would not be deployed; undefined: not known */
  readonly unpushed: number | undefined
  /** hosts that could not be read */
  readonly unread: readonly string[]
  /** seconds since the epoch, for the age of commits */
  readonly now: number
  readonly headline: string
}
