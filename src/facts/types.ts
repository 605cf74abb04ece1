export type ReleaseState = 'building' | 'good' | 'failed'

export interface ReleaseFact {
  /** 14 digits */
  readonly name: string
  /** from `.shipit/`; a release without one (Capistrano's) is good when it is live or named in revisions.log, else failed */
  readonly state: ReleaseState
  /** whether the state was written by shipit, or concluded */
  readonly recorded: boolean
  readonly revision: string | undefined
}

/** What was read from a host before planning. */
export interface HostFacts {
  readonly home: string
  readonly user: string
  /** what `current` is */
  readonly current:
    | { readonly kind: 'none' }
    /** release: the 14 digits when the link points into releases/; exists: the target is a directory */
    | { readonly kind: 'link'; readonly target: string; readonly release: string | undefined; readonly exists: boolean }
    | { readonly kind: 'other'; readonly what: string }
  /** REVISION of what is live */
  readonly revision: string | undefined
  /** oldest first, by name */
  readonly releases: readonly ReleaseFact[]
  /** names of releases that are gone, and of which only a state is left */
  readonly orphans?: readonly string[]
  /** the mirror is there; its remote.origin.url */
  readonly repo: { readonly exists: boolean; readonly url: string | undefined }
  /** only of the host that resolves the ref */
  readonly commit: { readonly sha: string; readonly time: number | undefined } | { readonly error: string } | undefined
  /** names of needed programs that are missing: flock, git, tar … */
  readonly missing: readonly string[]
  /** `mv -T` works (GNU, busybox) */
  readonly mvT: boolean
}

/** What a recipe's fact (a probe command) answered. */
export interface ProbeResult {
  readonly ok: boolean
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
export type RecipeFacts = Readonly<Record<string, ProbeResult>>
