import type { LinkedState } from './linked-states.ts'
import type { Hold } from '../values/hold.ts'
import type { EnclosingDirectory, Irregular } from '../values/own-files.ts'

/**
 * `building`: not finished; `good`; `failed`: never live; `doubtful`: went live, but its run did not end well after the switch; `bad`:
 * rolled back from; `removing`: clean-up has begun on it; `unknown`: no record (another tool made it), or one that cannot be read.
 */
export type ReleaseState = 'building' | 'good' | 'failed' | 'removing' | 'bad' | 'doubtful' | 'unknown'

/** The contents of a release's record besides its state. */
export interface ReleaseNotes {
  readonly revision?: string | undefined
  readonly branch?: string | undefined
  /** the application whose deploy made it or last went to it; undefined if no record names one, as in early versions */
  readonly application?: string | undefined
  readonly stage?: string | undefined
  /** who put it into this state, when (ISO 8601, UTC, the host's clock), and in which run */
  readonly by?: string | undefined
  readonly at?: string | undefined
  readonly run?: string | undefined
  /** the release that was live before shipit switched to this one */
  readonly from?: string | undefined
}

export interface ReleaseFact extends ReleaseNotes {
  /** 14 digits */
  readonly name: string
  /** from `.shipit/releases`; without a record from revisions.log, or else `unknown` */
  readonly state: ReleaseState
  /** whether shipit recorded the state, or inferred it */
  readonly recorded: boolean
  /** its record cannot be read */
  readonly damaged?: boolean | undefined
  /** its record names a revision, and its folder has no REVISION any more: it was emptied by hand */
  readonly emptied?: boolean | undefined
  readonly revision: string | undefined
}

/** The file or directory in the place of the mirror. */
export interface RepoFact {
  /** a repository that git can open */
  readonly exists: boolean
  /** its remote.origin.url */
  readonly url: string | undefined
  /** `closed`: it cannot be read; `dangling`: a link to nothing; `folder`: a directory that is not empty */
  readonly is?: 'none' | 'empty' | 'repository' | 'checkout' | 'folder' | 'file' | 'dangling' | 'closed'
  /** the target, if it is a link */
  readonly link?: string | undefined
  /** its `shipit.mirror`: the application whose deploy made it */
  readonly mark?: string | undefined
  /** bare, and its `origin` is mirrored, as `git clone --mirror` makes it (Capistrano) */
  readonly mirror?: boolean
  /** it has a branch or a tag */
  readonly refs?: boolean
  /** signs that people push to the repository or work in it: `its hook post-receive` */
  readonly signs?: readonly string[]
}

/** The facts that the core reads from a host before planning. */
export interface HostFacts {
  readonly home: string
  readonly user: string
  /** what `current` is */
  readonly current:
    | { readonly kind: 'none' }
    /** release: the 14 digits if the link points into releases/; exists: the target is a directory */
    | { readonly kind: 'link'; readonly target: string; readonly release: string | undefined; readonly exists: boolean }
    | { readonly kind: 'other'; readonly what: string }
  /** REVISION of the live release */
  readonly revision: string | undefined
  /** oldest first, by name */
  readonly releases: readonly ReleaseFact[]
  /** shipit's own files and directories that are links, or not what they should be */
  readonly irregular?: readonly Irregular[]
  /** names of releases that are gone, except for their records */
  readonly orphans?: readonly string[]
  /** names of temporary files in `.shipit` that an interrupted run left */
  readonly leftovers?: readonly string[]
  /** the directory around deployTo that another deploy removes or makes again: one of its releases, a git repository, its `.shipit` */
  readonly enclosing?: EnclosingDirectory | undefined
  /** what is in the place of the mirror */
  readonly repo: RepoFact
  /** only for the host that resolves the ref */
  readonly commit:
    | { readonly sha: string; readonly time: number | undefined }
    | { readonly error: string; /** what to do about it */ readonly hint: string }
    | undefined
  /** names of needed programs that are missing: flock, git, tar … */
  readonly missing: readonly string[]
  /** `mv -T` works (GNU, busybox) */
  readonly mvT: boolean
  /** the lock that somebody holds until it is unlocked */
  readonly hold?: Hold
  /** what is in the place of the linked files that a deploy sends, if this run does */
  readonly linked?: ReadonlyMap<string, LinkedState>
}

/**
 * The facts that a task sees. They do not include `current`, which is always an object: `layout.current !== undefined` would always be
 * true.
 */
export interface Layout extends Omit<HostFacts, 'current' | 'enclosing' | 'repo' | 'commit' | 'hold' | 'linked'> {
  /** the 14 digits of the release that `current` points to; undefined if there is none yet, or `current` is something else */
  readonly live: string | undefined
  /** the target of the link `current`, as written; undefined if there is no link */
  readonly currentTarget: string | undefined
}

/** The result of a command that was run as a fact. */
export interface ProbeResult {
  readonly ok: boolean
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
/** The values of one recipe's facts, as its tasks see them; each recipe knows the types of its own. */
export type RecipeFacts = Readonly<Record<string, unknown>>
