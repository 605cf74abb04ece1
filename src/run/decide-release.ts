import { pathsOf } from '../plan/context.ts'
import { irregularErrors } from '../plan/irregular-files.ts'
import { ownerErrors, preconditions } from '../plan/preconditions.ts'
import { newReleaseName } from '../plan/release-name.ts'
import { rollbackTarget, type RollbackTarget } from '../plan/rollback-target.ts'
import { usesGit } from '../tasks/deploy/git/replaced-tasks.ts'
import type { DeployInfo } from '../tasks/types.ts'
import { isCommit } from '../values/commit.ts'
import { EXIT } from '../values/errors.ts'
import { isCheckOnly, onlyMissing, refuse, Rejected } from './refuse.ts'
import { reportError } from './connect.ts'
import { chosenTarget, type ChosenRelease } from './chosen-release.ts'
import { deployInfo, type InputsRead } from './deploy-info.ts'
import { needsLock, type Intent } from './intent.ts'
import { localHost } from './local-host.ts'
import type { RunRequest } from './request.ts'
import type { RunState } from './state.ts'

export interface DecidedRelease {
  readonly deploy: DeployInfo
  /** for a rollback */
  readonly target: RollbackTarget | undefined
}

/** Decides from what was read which release the run is about. Throws {@link Rejected} if a host is in no state for it. */
export const decideRelease = (
  state: RunState,
  request: RunRequest & { readonly inputsRead: InputsRead; readonly chosen?: ChosenRelease | undefined },
  intent: Intent,
): DecidedRelease => {
  const { stage } = request
  const hosts = intent.hosts.filter((host) => host.release)
  const reads = new Map([...state.reads].filter(([name]) => name !== localHost.name))
  if (intent.making || intent.rollback || intent.checks || needsLock(intent)) refuse(state, irregularErrors(hosts, reads, stage.deployTo))
  if (intent.making || intent.rollback || intent.checks) {
    const git = intent.git || (intent.checks && usesGit(stage))
    const errors = preconditions(hosts, reads, { stage, repo: pathsOf(stage, undefined).repo, git })
    for (const error of errors) reportError(state, error, EXIT.failed)
    if (errors.length > 0 && !isCheckOnly(request.tasks)) throw new Rejected(onlyMissing(errors))
  } else if (needsLock(intent)) {
    refuse(state, ownerErrors(hosts, reads, stage))
  }
  if (intent.rollback) {
    const { chosen } = request
    const target = chosen ? chosenTarget(hosts, reads, chosen, stage) : rollbackTarget(hosts, reads, request.release, stage)
    return { deploy: deployInfo(request, { rollback: true, release: target.release, revision: target.revision }), target }
  }
  if (intent.making) {
    const commit = [...reads.values()].find((read) => read.layout.commit)?.layout.commit
    const revision = stage.revision ?? (commit && 'sha' in commit ? commit.sha : isCommit(stage.branch) ? stage.branch.toLowerCase() : '')
    return {
      deploy: deployInfo(request, { making: true, release: newReleaseName(request.now, reads.values()), revision }),
      target: undefined,
    }
  }
  const live = reads.get((hosts[0] ?? intent.hosts[0])?.name ?? '')?.layout
  const release = live?.current.kind === 'link' ? (live.current.release ?? '') : ''
  return { deploy: deployInfo(request, { release, revision: live?.revision }), target: undefined }
}
