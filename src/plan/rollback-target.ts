import type { Stage } from '../tasks/stage.ts'
import { treatmentOf } from '../facts/release-states.ts'
import type { Treatment } from '../facts/release-states.ts'
import type { HostFacts, ReleaseFact, ReleaseState } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { fold } from '../values/fold.ts'
import { hostNames } from '../values/host-names.ts'
import { RELEASE_NAME } from '../values/layout.ts'
import type { HostRead } from './types.ts'

/** What each host has. */
export type Layouts = readonly { readonly host: string; readonly layout: HostFacts }[]

export interface RollbackTarget {
  readonly release: string
  readonly revision: string | undefined
  readonly branch: string | undefined
  /** newer releases that the rollback skips, and why; newest first */
  readonly skipped: readonly { readonly release: string; readonly why: string }[]
  /** why the rollback goes to a release that is not good: there is no better one */
  readonly warning: string | undefined
}

/**
 * The target of a rollback: `asked`, or else the newest good release before the live one that every host has, or else the newest doubtful
 * one. Never goes forward by accident: without `asked`, it refuses if the hosts differ. Throws ShipitError.
 */
export const rollbackTarget = (
  hosts: readonly Host[],
  reads: ReadonlyMap<string, HostRead>,
  asked: string | undefined,
  stage: Pick<Stage, 'shipit'>,
): RollbackTarget => {
  const layouts = hosts.map((host) => ({ host: host.name, layout: reads.get(host.name)!.layout }))
  if (asked !== undefined) return namedTarget(layouts, asked)
  const live = liveEverywhere(layouts, stage)
  const older = [...new Set(layouts.flatMap(({ layout }) => layout.releases.map(({ name }) => name)))]
    .filter((name) => name < live)
    .sort()
    .reverse()
  const allowed = (...how: string[]) => older.find((name) => layouts.every(({ layout }) => how.includes(treatment(layout, name).rollback)))
  const goodRelease = allowed('goes there')
  const release = goodRelease ?? allowed('goes there', 'last resort')
  if (release === undefined) {
    const why = older.slice(0, 5).map((name) => `${name}: ${whyNot(layouts, name)}`)
    throw new ShipitError([`there is no good release before ${live} on every host`, ...why].join('\n'), { hint: hintOf(layouts, stage) })
  }
  return {
    ...detailsOf(layouts, release),
    skipped: older.slice(0, older.indexOf(release)).map((name) => ({ release: name, why: whyNot(layouts, name) })),
    warning:
      goodRelease === undefined
        ? `${release} is the newest release to go back to, and it is doubtful: ${whyNot(layouts, release)}`
        : undefined,
  }
}

const namedTarget = (layouts: Layouts, asked: string): RollbackTarget => {
  if (!RELEASE_NAME.test(asked))
    throw new ShipitError(`--release ${asked} is not a release: release names have 14 digits`, { exit: EXIT.usage })
  for (const { host, layout } of layouts) {
    const fact = factIn(layout, asked)
    if (!fact) throw new ShipitError(`there is no release ${asked} here`, { host, hint: list(layouts) })
    if (!treatmentOf(fact).byName)
      throw new ShipitError(`release ${asked} is not complete here: ${explainState(fact)}`, { host, hint: list(layouts) })
  }
  return { ...detailsOf(layouts, asked), skipped: [], warning: undefined }
}

/** The one release that is live on all hosts. */
const liveEverywhere = (layouts: Layouts, stage: Pick<Stage, 'shipit'>): string => {
  const rows = layouts.map(({ host, layout }) => ({ host, live: layout.current.kind === 'link' ? layout.current.release : undefined }))
  const releases = new Set(rows.map(({ live }) => live))
  if (releases.size > 1) throw new ShipitError(`the hosts are on different releases: ${whereLive(rows)}`, { hint: hintOf(layouts, stage) })
  const [now] = releases
  if (now !== undefined) return now
  const other = layouts.find(({ layout }) => layout.current.kind === 'link')
  if (other?.layout.current.kind === 'link')
    throw new ShipitError(`current points to ${other.layout.current.target}, which is not a release`, {
      host: other.host,
      hint: hintOf(layouts, stage),
    })
  throw new ShipitError('nothing is live, so there is nothing to roll back', { hint: `make the first release: ${stage.shipit('deploy')}` })
}

/** What is live on which hosts: `a, b are on 20260101120000, c is on nothing`. */
export const whereLive = (rows: readonly { readonly host: string; readonly live: string | undefined }[]): string =>
  fold(rows, ({ live }) => live ?? null)
    .map((group) => `${firstOf(group.map(({ host }) => host))} ${group.length === 1 ? 'is' : 'are'} on ${group[0].live ?? 'nothing'}`)
    .join(', ')

/** Of many hosts, the first few. */
export const firstOf = (hosts: readonly string[]): string => hostNames(hosts, { most: 4, longer: 'first' })

/** The releases that you can name: complete on every host, newest first. */
export const completeEverywhere = (layouts: readonly HostFacts[]): string[] =>
  [...new Set(layouts.flatMap(({ releases }) => releases.map(({ name }) => name)))]
    .filter((name) => layouts.every((layout) => treatment(layout, name).byName))
    .sort()
    .reverse()

/** The release to name to bring hosts together: the newest good one that all have, or else the newest that you can name. */
export const commonRelease = (layouts: readonly HostFacts[]): string | undefined => {
  const names = completeEverywhere(layouts)
  return names.find((name) => layouts.every((layout) => treatment(layout, name).rollback === 'goes there')) ?? names[0]
}

const hintOf = (layouts: Layouts, stage: Pick<Stage, 'shipit'>): string => {
  const facts = layouts.map(({ layout }) => layout)
  const live = facts.flatMap(({ current }) => (current.kind === 'link' ? (current.release ?? []) : []))
  const names = completeEverywhere(facts)
  const goodReleases = names.filter((name) => facts.every((layout) => treatment(layout, name).rollback === 'goes there'))
  // if hosts differ, bring them together; otherwise a release older than the live one, never forward by accident
  const split = new Set(live).size > 1 || live.length < facts.length
  const suggested = split ? commonRelease(facts) : names.find((name) => name < live[0]!)
  if (suggested !== undefined) return `name the release: ${stage.shipit('deploy:rollback', '--release', suggested)}\n${list(layouts)}`
  const newer = goodReleases.find((name) => !live.includes(name)) ?? names.find((name) => !live.includes(name))
  return newer !== undefined
    ? `to go forward: ${stage.shipit('deploy:rollback', '--release', newer)}\n${list(layouts)}`
    : `no other release is on every host; a new one: ${stage.shipit('deploy')}`
}

const treatment = (layout: HostFacts, name: string): Treatment => treatmentOf(factIn(layout, name) ?? { state: 'failed' })

const list = (layouts: Layouts): string => {
  const names = completeEverywhere(layouts.map(({ layout }) => layout)).map((name) => {
    const byState = Map.groupBy(layouts, ({ layout }) => factIn(layout, name)!.state)
    const states = [...byState].map(([state, where]) =>
      byState.size === 1 ? state : `${state} on ${firstOf(where.map(({ host }) => host))}`,
    )
    return byState.size === 1 && byState.has('good') ? name : `${name} (${states.join(', ')})`
  })
  return `releases that every host has: ${names.join(', ') || 'none'}`
}

const factIn = (layout: HostFacts, name: string): ReleaseFact | undefined => layout.releases.find((one) => one.name === name)

const detailsOf = (layouts: Layouts, release: string) => {
  const facts = layouts.flatMap(({ layout }) => factIn(layout, release) ?? [])
  return {
    release,
    revision: facts.find(({ revision }) => revision !== undefined)?.revision,
    branch: facts.find(({ branch }) => branch !== undefined)?.branch,
  }
}

/** Why a rollback does not go to a release, with the hosts if they do not all agree; empty if every host has it, and it is good there. */
export const whyNot = (layouts: Layouts, name: string): string => {
  const reasons = Map.groupBy(
    layouts.filter(({ layout }) => treatment(layout, name).rollback !== 'goes there'),
    ({ layout }) => {
      const fact = factIn(layout, name)
      return fact ? explainState(fact) : 'is missing'
    },
  )
  return [...reasons]
    .map(([why, where]) => (where.length === layouts.length ? why : `${why} on ${firstOf(where.map(({ host }) => host))}`))
    .join('; ')
}

/** The state of a release in words. */
export const explainState = ({ state, by, at, damaged, emptied }: ReleaseFact): string => {
  if (emptied) return 'its files are gone: it has no REVISION any more'
  if (damaged) return 'its record cannot be read'
  const author = by === undefined ? '' : ` by ${by}`
  const when = at === undefined ? '' : ` at ${at.replace('T', ' ').replace(/Z$/, ' UTC')}`
  if (state === 'bad') return by === undefined ? `it was rolled back from${when}` : `${by} rolled back from it${when}`
  return WORDS[state](`${author}${when}`)
}

const WORDS: Readonly<Record<Exclude<ReleaseState, 'bad'>, (author: string) => string>> = {
  building: (author) => `its deploy${author} was never finished`,
  good: () => 'is good',
  failed: (author) => `its deploy${author} failed`,
  removing: () => 'is being removed',
  doubtful: (author) => `its run${author} did not end well after the switch`,
  unknown: () => 'was not made by shipit, and no log records that it was good',
}
