import type { Around, Irregular } from '../values/own-places.ts'

/**
 * `building`: not finished; `good`; `failed`: never was live; `doubtful`: live, and its run did not end well after the switch; `bad`:
 * rolled back from; `removing`: clean-up has begun on it; `unknown`: no record, another tool's.
 */
export type ReleaseState = 'building' | 'good' | 'failed' | 'removing' | 'bad' | 'doubtful' | 'unknown'

/** What is written down of a release, besides its state. */
export interface ReleaseNotes {
  readonly revision?: string | undefined
  readonly branch?: string | undefined
  /** whose deploy made it or went to it last; undefined where no record says so, as none did at first */
  readonly application?: string | undefined
  readonly stage?: string | undefined
  /** who brought it into this state, when (ISO 8601, UTC, the host's clock), in which run */
  readonly by?: string | undefined
  readonly at?: string | undefined
  readonly run?: string | undefined
  /** the release that was live before shipit switched to this one */
  readonly from?: string | undefined
}

export interface ReleaseFact extends ReleaseNotes {
  /** 14 digits */
  readonly name: string
  /** from `.shipit/releases`; without a record what revisions.log says of it, else `unknown` */
  readonly state: ReleaseState
  /** whether the state was written by shipit, or concluded */
  readonly recorded: boolean
  /** there is a record, and it cannot be read */
  readonly damaged?: boolean | undefined
  readonly revision: string | undefined
}

/** What stands where the mirror of the repository goes. */
export interface RepoFact {
  /** a repository that git can open */
  readonly exists: boolean
  /** its remote.origin.url */
  readonly url: string | undefined
  /** `closed`: it may not be read; `dangling`: a link to nothing; `folder`: with something in it */
  readonly is?: 'none' | 'empty' | 'repository' | 'checkout' | 'folder' | 'file' | 'dangling' | 'closed'
  /** where the link leads, if it is one */
  readonly link?: string | undefined
  /** its `shipit.mirror`: the application whose deploy made it */
  readonly mark?: string | undefined
  /** bare, and its `origin` is mirrored, as `git clone --mirror` makes it (Capistrano) */
  readonly mirror?: boolean
  /** it has a branch or a tag */
  readonly refs?: boolean
  /** what only a repository has that people push to or work in: `its hook post-receive` */
  readonly signs?: readonly string[]
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
  /** where shipit keeps its own: what is a link, or not what it should be */
  readonly irregular?: readonly Irregular[]
  /** names of releases that are gone, and of which only a state is left */
  readonly orphans?: readonly string[]
  /** names of files in `.shipit` that a run left which ended before its time */
  readonly leftovers?: readonly string[]
  /** the folder around deployTo that another deploy removes or makes anew: one of its releases, a git repository, its `.shipit` */
  readonly around?: Around | undefined
  /** what stands where the mirror goes */
  readonly repo: RepoFact
  /** only of the host that resolves the ref */
  readonly commit:
    | { readonly sha: string; readonly time: number | undefined }
    | { readonly error: string; /** what to do about it */ readonly hint?: string }
    | undefined
  /** names of needed programs that are missing: flock, git, tar … */
  readonly missing: readonly string[]
  /** `mv -T` works (GNU, busybox) */
  readonly mvT: boolean
}

/**
 * What a task sees of that. `current`, an object whatever it points to, is not among it: `layout.current !== undefined` would always be
 * true.
 */
export interface Layout extends Omit<HostFacts, 'current' | 'around' | 'repo' | 'commit'> {
  /** the 14 digits of the release that `current` points to; undefined where there is none yet, or `current` is something else */
  readonly live: string | undefined
  /** where the link `current` leads, as it says; undefined where there is no link */
  readonly currentTarget: string | undefined
}

/** What a recipe's fact (a probe command) answered. */
export interface ProbeResult {
  readonly ok: boolean
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
export type RecipeFacts = Readonly<Record<string, ProbeResult>>
