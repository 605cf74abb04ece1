import type { Duration } from '../values/duration.ts'
import type { Path } from '../values/path.ts'

// What contexts of tasks give, and tasks return.

export interface Paths {
  readonly deployTo: Path
  readonly releases: Path
  /** the release that this run makes or goes to; `current` if no pipeline runs */
  readonly release: Path
  readonly current: Path
  readonly shared: Path
  readonly repo: Path
}

export interface DeployInfo {
  readonly branch: string
  /** the pinned commit, 40 hex digits (64 with SHA-256); '' if the run resolves none */
  readonly revision: string
  readonly shortRevision: string
  /** 14 digits */
  readonly release: string
  /** the person who deploys */
  readonly user: string
  readonly time: Date
  readonly rollback: boolean
  /** this run makes a release or goes to one; otherwise, the rest describes what is live */
  readonly releasing: boolean
}

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** milliseconds */
  readonly ms: number
}

/** How many hosts run at a time: each share starts when the one before has ended well. `wait`: the pause between two shares. */
export interface Rolling {
  size: number | `${number}%`
  wait?: Duration
}

/** What the words after `--` are, for a task that takes them. */
export type Rest = true | string | { readonly name?: string; readonly description?: string }
