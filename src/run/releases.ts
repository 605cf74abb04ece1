import type { CommitNotes } from '../facts/commit-notes.ts'
import type { ReleaseFact, ReleaseState } from '../facts/types.ts'
import { completeEverywhere, rollbackTarget } from '../plan/rollback-target.ts'
import { count } from '../values/count.ts'
import { ShipitError } from '../values/errors.ts'
import { commitsOf } from './commits-of.ts'
import { lookAtHosts, type Look, type LookRequest } from './look.ts'

/** A release on one host. */
export interface ReleaseOnHost {
  readonly host: string
  /** `missing`: the host does not have it; `emptied`: its files were removed by hand */
  readonly state: ReleaseState | 'missing' | 'emptied'
  readonly live: boolean
}

/** A release, on all hosts that could be read. */
export interface ReleaseRow {
  readonly release: string
  readonly revision: string | undefined
  readonly commit: CommitNotes | undefined
  readonly branch: string | undefined
  /** who put it into its state, on the first host that knows that */
  readonly by: string | undefined
  /** seconds since the time in its name, by the clock of the first host */
  readonly age: number | undefined
  readonly on: readonly ReleaseOnHost[]
}

export interface StageReleases {
  readonly application: string
  readonly stage: string
  /** the hosts that could not be read */
  readonly unread: readonly string[]
  /** newest first */
  readonly releases: readonly ReleaseRow[]
  /** where a rollback without a name would go; undefined if it would be refused */
  readonly rollback: string | undefined
  readonly headline: string
}

/** All releases of all hosts that get releases, in one script a host. */
export const releases = (request: LookRequest): Promise<{ readonly exit: number; readonly result: StageReleases }> =>
  lookAtHosts(
    request,
    'releases',
    () => ({ commands: [] }),
    async ({ looks }) => {
      const result = await releasesOf(request, looks)
      return { result, headline: result.headline }
    },
  )

/** What was read of the releases. `looks`: those of the hosts that could be read. */
export const releasesOf = async (request: Pick<LookRequest, 'stage' | 'hosts'>, looks: readonly Look[]): Promise<StageReleases> => {
  const { stage, hosts } = request
  const known = await commitsOf(stage, looks)
  const names = [...new Set(looks.flatMap(({ layout }) => layout.releases.map(({ name }) => name)))].sort().reverse()
  const rows = names.map((name) => rowOf(name, looks, known))
  const unread = hosts.filter((host) => !looks.some((look) => look.host === host)).map(({ name }) => name)
  const rollback = unread.length > 0 ? undefined : rollbackOf(request, looks)
  const back = unread.length > 0 ? '' : rollbackText(looks, rollback)
  const headline =
    names.length === 0 ? 'there are no releases' : `${count(names.length, 'release')} on ${count(looks.length, 'host')}${back}`
  return { application: stage.application, stage: stage.name, unread, releases: rows, rollback, headline }
}

/** Where a rollback would go, for the headline; nothing before the first deploy. */
const rollbackText = (looks: readonly Look[], rollback: string | undefined): string => {
  if (rollback !== undefined) return `; deploy:rollback goes to ${rollback}`
  const live = looks.map(({ layout: { current } }) => (current.kind === 'link' ? current.release : undefined))
  if (looks.every(({ layout: { current } }) => current.kind === 'none')) return ''
  const others = completeEverywhere(looks.map(({ layout }) => layout)).filter((name) => live.some((one) => one !== name))
  return others.length === 0 ? '; there is none to go back to' : '; deploy:rollback needs --release'
}

const rowOf = (release: string, looks: readonly Look[], known: ReadonlyMap<string, CommitNotes>): ReleaseRow => {
  const facts = looks.map(({ layout }) => layout.releases.find(({ name }) => name === release))
  const first = <T>(of: (fact: ReleaseFact) => T | undefined): T | undefined => facts.flatMap((fact) => (fact && of(fact)) ?? [])[0]
  const revision = first((fact) => fact.revision)
  const now = looks.find(({ facts: { now } }) => now !== undefined)?.facts.now
  const made = timeOf(release)
  return {
    release,
    revision,
    commit: revision === undefined ? undefined : known.get(revision),
    branch: first((fact) => fact.branch),
    by: first((fact) => fact.by),
    age: now === undefined || made === undefined ? undefined : Math.max(0, now - made),
    on: looks.map(({ host, layout: { current } }, i): ReleaseOnHost => {
      const fact = facts[i]
      const live = current.kind === 'link' && current.exists && current.release === release
      return { host: host.name, state: fact === undefined ? 'missing' : fact.emptied ? 'emptied' : fact.state, live }
    }),
  }
}

/** The time in the name of a release, in seconds since the epoch; undefined if it is none. */
const timeOf = (release: string): number | undefined => {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(release) ?? []
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number)
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  return new Date(time).toISOString().replaceAll(/\D/g, '').startsWith(release) ? time / 1000 : undefined
}

const rollbackOf = ({ stage, hosts }: Pick<LookRequest, 'stage' | 'hosts'>, looks: readonly Look[]): string | undefined => {
  try {
    return rollbackTarget(hosts, new Map(looks.map(({ host, layout }) => [host.name, { layout, recipes: {} }])), undefined, stage).release
  } catch (error) {
    if (error instanceof ShipitError) return undefined
    throw error
  }
}
