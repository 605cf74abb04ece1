import type { Stage } from '../config/types.ts'
import type { Host } from '../inventory/types.ts'
import type { RollbackTarget } from '../plan/rollback.ts'
import type { HostRead } from '../plan/types.ts'
import type { DeployInfo } from '../tasks/types.ts'
import { notPushed } from './desk.ts'

/** Notes to show before a deploy begins: that the commit is live already, and how many commits were not pushed. */
export const deployNotes = async (
  stage: Stage,
  hosts: readonly Host[],
  reads: ReadonlyMap<string, HostRead>,
  deploy: DeployInfo,
): Promise<readonly string[]> => {
  if (deploy.revision === '') return []
  const left = await notPushed(stage, deploy.revision)
  return [
    ...sameCommit(hosts, reads, deploy),
    ...(left !== undefined && left > 0
      ? [
          `${deploy.branch} of ${stage.repoUrl} is at ${deploy.shortRevision}; ${left} local ${left === 1 ? 'commit is' : 'commits are'} not pushed`,
        ]
      : []),
  ]
}

/** Notes to show before a rollback begins: where it does not go, and why; and that the commit is live already. */
export const rollbackNotes = (
  { skipped, warning }: RollbackTarget,
  hosts: readonly Host[],
  reads: ReadonlyMap<string, HostRead>,
  deploy: DeployInfo,
): readonly string[] => [
  ...skipped.map(({ release, why }) => `skipped ${release}: ${why}`),
  ...(warning === undefined ? [] : [warning]),
  ...sameCommit(hosts, reads, deploy),
]

/** That the commit is live already: a release of it changes no code. The live release itself is not another one. */
const sameCommit = (
  hosts: readonly Host[],
  reads: ReadonlyMap<string, HostRead>,
  { revision, shortRevision, release }: Pick<DeployInfo, 'revision' | 'shortRevision' | 'release'>,
): readonly string[] => {
  if (revision === '') return []
  const releasing = hosts.filter((host) => host.release)
  const live = releasing.filter((host) => {
    const layout = reads.get(host.name)?.layout
    return layout?.revision === revision && !(layout.current.kind === 'link' && layout.current.release === release)
  })
  const where = live.length === releasing.length ? '' : ` on ${live.map((host) => host.name).join(', ')}`
  return live.length > 0 ? [`${shortRevision} is the same commit that is live${where}`] : []
}
