import type { DeployInfo } from '../tasks/types.ts'
import type { RunRequest } from './request.ts'

/** Whether a task asked for the branch while the plan was made. */
export interface Heeded {
  branch: boolean
}

/**
 * What tasks are told of a run. The branch is read when a task asks for it: it may be a variable that is not set, and only what needs it
 * then fails.
 */
export const deployInfo = (
  { stage, user, now, heeded }: Pick<RunRequest, 'stage' | 'user' | 'now'> & { readonly heeded?: Heeded },
  { release = '', revision = '', making = false, rollback = false }: Known = {},
): DeployInfo => ({
  get branch() {
    if (heeded) heeded.branch = true
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

interface Known {
  readonly release?: string | undefined
  readonly revision?: string | undefined
  /** a release is made */
  readonly making?: boolean
  readonly rollback?: boolean
}
