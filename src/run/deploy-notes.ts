import type { Stage } from '../tasks/stage.ts'
import type { Host } from '../inventory/types.ts'
import type { RollbackTarget } from '../plan/rollback.ts'
import type { HostRead } from '../plan/types.ts'
import type { DeployInfo } from '../tasks/types.ts'
import { shellOn } from '../tasks/login.ts'
import { typed } from '../shell/typed.ts'
import { path } from '../values/path.ts'
import { notPushed } from './desk.ts'

/** Notes to show before a deploy: `current` leads to no release, the commit is already live, commits are not pushed. */
export const deployNotes = async (
  stage: Stage,
  hosts: readonly Host[],
  reads: ReadonlyMap<string, HostRead>,
  deploy: DeployInfo,
): Promise<readonly string[]> => {
  const elsewhere = hosts.flatMap((host) => (host.release ? leftBehind(host, reads, stage) : []))
  if (deploy.revision === '') return elsewhere
  const left = await notPushed(stage, deploy.revision)
  return [
    ...elsewhere,
    ...sameCommit(hosts, reads, deploy),
    ...(left !== undefined && left > 0
      ? [
          `${deploy.branch} of ${stage.repoUrl} is at ${deploy.shortRevision}; ${left} local ${left === 1 ? 'commit is' : 'commits are'} not pushed`,
        ]
      : []),
  ]
}

/** What was live but is not a release, as a tool without `releases` leaves it: only a command brings it back. */
const leftBehind = (host: Host, reads: ReadonlyMap<string, HostRead>, stage: Stage): readonly string[] => {
  const current = reads.get(host.name)?.layout.current
  if (current?.kind !== 'link' || current.release !== undefined || !current.exists) return []
  const link = path(stage.deployTo).join(stage.currentDirectory)
  return [
    `on ${host.name} ${stage.currentDirectory} leads to ${current.target}, which is not a release: deploy:rollback does not go back there. ` +
      `To go back: ${shellOn(host, `ln -sfn ${typed(current.target)} ${typed(link)}`)}`,
  ]
}

/** Notes to show before a rollback: which releases it skips and why, and that the commit is already live. */
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

/** The commit is already live: a release of it changes no code. The live release itself does not count. */
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
