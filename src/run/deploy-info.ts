import type { DeployInfo } from '../tasks/types.ts'
import type { RunRequest } from './request.ts'

/** Whether the run has read the branch. */
export interface InputsRead {
  branch: boolean
}

/**
 * What tasks know about a run. The branch is read only when a task asks for it: it may be a variable that is not set, and then only what
 * needs it fails.
 */
export const deployInfo = (
  { stage, user, now, inputsRead }: Pick<RunRequest, 'stage' | 'user' | 'now'> & { readonly inputsRead?: InputsRead },
  { release = '', revision = '', making = false, rollback = false }: KnownRelease = {},
): DeployInfo => ({
  get branch() {
    if (inputsRead) inputsRead.branch = true
    return stage.branch
  },
  revision,
  shortRevision: revision.slice(0, 7),
  release,
  user,
  time: now,
  rollback,
  releasing: making || rollback,
})

interface KnownRelease {
  readonly release?: string | undefined
  readonly revision?: string | undefined
  /** this run makes a release */
  readonly making?: boolean
  readonly rollback?: boolean
}
