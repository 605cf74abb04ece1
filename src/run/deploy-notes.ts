import type { DeployedCommits } from '../events/types.ts'
import type { Commits } from '../facts/commit-range.ts'
import type { Stage } from '../tasks/stage.ts'
import type { Host } from '../inventory/types.ts'
import type { RollbackTarget } from '../plan/rollback-target.ts'
import type { HostRead } from '../plan/types.ts'
import type { DeployInfo } from '../tasks/types.ts'
import { shellOn } from '../shell/ssh-command.ts'
import { typed } from '../shell/typed.ts'
import { path } from '../values/path.ts'
import { compareUrl } from '../values/compare-url.ts'
import { count } from '../values/count.ts'
import { ShipitError } from '../values/errors.ts'
import { countUnpushed, rangeLocally } from './local-checkout.ts'
import { authorsIn } from './pending-words.ts'

/** Notes to show before a deploy, and why it is refused. */
export interface DeployNotes {
  readonly notes: readonly string[]
  readonly refused: readonly ShipitError[]
  /** what the deploy brings, if the checkout with the config knows */
  readonly commits: readonly NewCommits[]
}

/**
 * Notes to show before a deploy: `current` leads to no release, which commits are new, the commit is already live, commits are not pushed.
 * With `requirePushed`, the last one refuses it.
 */
export const deployNotes = async (
  stage: Stage,
  hosts: readonly Host[],
  reads: ReadonlyMap<string, HostRead>,
  deploy: DeployInfo,
): Promise<DeployNotes> => {
  const outsideReleases = hosts.flatMap((host) => (host.release ? notARelease(host, reads, stage) : []))
  if (deploy.revision === '') return { notes: outsideReleases, refused: [], commits: [] }
  const [unpushed = 0, ranges] = await Promise.all([countUnpushed(stage, deploy.revision), newCommits(stage, hosts, reads, deploy)])
  const notes = [...outsideReleases, ...sameCommit(hosts, reads, deploy), ...ranges.flatMap((one) => one.notes)]
  const commits = ranges.flatMap((one) => one.commits ?? [])
  if (unpushed === 0) return { notes, refused: [], commits }
  const text = `${deploy.branch} of ${stage.repoUrl} is at ${deploy.shortRevision}; ${unpushed} local ${unpushed === 1 ? 'commit is' : 'commits are'} not pushed`
  if (!stage.requirePushed) return { notes: [...notes, text], refused: [], commits }
  return {
    notes,
    commits,
    refused: [
      new ShipitError(`${text}, and requirePushed refuses that`, {
        hint: `git push. To deploy without them: ${stage.shipit('deploy', '--set', 'requirePushed=false')}`,
      }),
    ],
  }
}

/** The commits between a live commit and the new one, with the hosts where it is live: as in the event, and in words. */
export interface NewCommits {
  readonly hosts: readonly string[]
  readonly from: string
  readonly to: string
  readonly added: DeployedCommits
  readonly removed: DeployedCommits
  readonly compare: string | undefined
}

/** For each live commit, how many commits are new, and by whom. Only a checkout knows, because the hosts have not fetched yet. */
const newCommits = async (
  stage: Stage,
  hosts: readonly Host[],
  reads: ReadonlyMap<string, HostRead>,
  { revision, shortRevision }: DeployInfo,
): Promise<readonly { readonly notes: readonly string[]; readonly commits?: NewCommits }[]> => {
  const releasing = hosts.filter((host) => host.release)
  const live = Map.groupBy(releasing, (host) => reads.get(host.name)?.layout.revision)
  return Promise.all(
    [...live].map(async ([from, on]) => {
      if (from === undefined || from === revision) return { notes: [] }
      const range = await rangeLocally(stage, from, revision)
      if (range === undefined) return { notes: [] }
      const names = on.map((host) => host.name)
      const where = on.length === releasing.length ? '' : ` on ${names.join(', ')}`
      if ('missing' in range)
        return {
          notes: [
            `how many commits are new${where} is not known: this checkout has not got all of ${from.slice(0, 7)}..${shortRevision}; see ${stage.shipit('pending')}`,
          ],
        }
      const [added, removed] = [deployed(range.added), deployed(range.removed)]
      const compare = stage.repoUrl === undefined ? undefined : compareUrl(stage.repoUrl, from, revision)
      const fresh = added.count === 0 ? [] : [`${count(added.count, 'new commit')}${where} since ${from.slice(0, 7)}, by ${added.authors}`]
      const back = removed.count === 0 ? [] : [`${count(removed.count, 'live commit')}${where} would go, by ${removed.authors}`]
      return { notes: [...fresh, ...back], commits: { hosts: names, from, to: revision, added, removed, compare } }
    }),
  )
}

/** How many commits an event lists. */
const MOST_LISTED = 20

const deployed = (commits: Commits): DeployedCommits => ({
  count: commits.count,
  authors: authorsIn(commits),
  newest: commits.newest.slice(0, MOST_LISTED).map(({ commit, author, subject }) => ({ commit, author, subject })),
})

/** Notes for a live directory that is not a release, as a tool without `releases` leaves it: only a command brings it back. */
const notARelease = (host: Host, reads: ReadonlyMap<string, HostRead>, stage: Stage): readonly string[] => {
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
  return live.length > 0 ? [`${shortRevision} is the commit that is already live${where}`] : []
}
