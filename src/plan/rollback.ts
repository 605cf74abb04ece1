import type { Stage } from '../tasks/stage.ts'
import { STANDING } from '../facts/states.ts'
import type { HostFacts, ReleaseFact, ReleaseState } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { RELEASE_NAME } from '../values/layout.ts'
import type { HostRead } from './types.ts'

type Layouts = readonly { readonly host: string; readonly layout: HostFacts }[]

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
  if (asked !== undefined) return named(layouts, asked)
  const now = liveEverywhere(layouts, stage)
  const older = [...new Set(layouts.flatMap(({ layout }) => layout.releases.map(({ name }) => name)))]
    .filter((name) => name < now)
    .sort()
    .reverse()
  const allowed = (...how: string[]) =>
    older.find((name) => layouts.every(({ layout }) => how.includes(STANDING[factState(layout, name)].rollback)))
  const good = allowed('goes there')
  const release = good ?? allowed('goes there', 'last resort')
  if (release === undefined) {
    const why = older.slice(0, 5).map((name) => `${name}: ${whyNot(layouts, name)}`)
    throw new ShipitError([`there is no good release before ${now} on every host`, ...why].join('\n'), { hint: hintOf(layouts, stage) })
  }
  return {
    ...detailsOf(layouts, release),
    skipped: older.slice(0, older.indexOf(release)).map((name) => ({ release: name, why: whyNot(layouts, name) })),
    warning:
      good === undefined ? `${release} is the newest release to go back to, and it is doubtful: ${whyNot(layouts, release)}` : undefined,
  }
}

const named = (layouts: Layouts, asked: string): RollbackTarget => {
  if (!RELEASE_NAME.test(asked))
    throw new ShipitError(`--release ${asked} is not a release: they are named with 14 digits`, { exit: EXIT.usage })
  for (const { host, layout } of layouts) {
    const found = factIn(layout, asked)
    if (!found) throw new ShipitError(`there is no release ${asked} here`, { host, hint: list(layouts) })
    if (!STANDING[found.state].byName)
      throw new ShipitError(`release ${asked} is not complete here: ${explain(found)}`, { host, hint: list(layouts) })
  }
  return { ...detailsOf(layouts, asked), skipped: [], warning: undefined }
}

/** The one release that is live on all hosts. */
const liveEverywhere = (layouts: Layouts, stage: Pick<Stage, 'shipit'>): string => {
  const live = new Map(layouts.map(({ host, layout }) => [host, layout.current.kind === 'link' ? layout.current.release : undefined]))
  const different = new Set(live.values())
  if (different.size > 1) {
    const where = [...live].map(([host, release]) => `${host} is on ${release ?? 'none'}`).join(', ')
    throw new ShipitError(`the hosts are on different releases: ${where}`, { hint: hintOf(layouts, stage) })
  }
  const [now] = different
  if (now !== undefined) return now
  const other = layouts.find(({ layout }) => layout.current.kind === 'link')
  if (other?.layout.current.kind === 'link')
    throw new ShipitError(`current points to ${other.layout.current.target}, which is not a release`, {
      host: other.host,
      hint: hintOf(layouts, stage),
    })
  throw new ShipitError('nothing is live, so there is nothing to roll back', { hint: `make the first release: ${stage.shipit('deploy')}` })
}

/** The releases that you can name: complete on every host, newest first. */
export const namable = (layouts: readonly HostFacts[]): string[] =>
  [...new Set(layouts.flatMap(({ releases }) => releases.map(({ name }) => name)))]
    .filter((name) => layouts.every((layout) => STANDING[factState(layout, name)].byName))
    .sort()
    .reverse()

/** The release to name to bring hosts together: the newest good one that all have, or else the newest that you can name. */
export const common = (layouts: readonly HostFacts[]): string | undefined => {
  const names = namable(layouts)
  return names.find((name) => layouts.every((layout) => STANDING[factState(layout, name)].rollback === 'goes there')) ?? names[0]
}

const hintOf = (layouts: Layouts, stage: Pick<Stage, 'shipit'>): string => {
  const facts = layouts.map(({ layout }) => layout)
  const live = facts.flatMap(({ current }) => (current.kind === 'link' ? (current.release ?? []) : []))
  const names = namable(facts)
  const good = names.filter((name) => facts.every((layout) => STANDING[factState(layout, name)].rollback === 'goes there'))
  // if hosts differ, bring them together; otherwise a release older than the live one, never forward by accident
  const split = new Set(live).size > 1 || live.length < facts.length
  const one = split ? common(facts) : names.find((name) => name < live[0]!)
  if (one !== undefined) return `say which: ${stage.shipit('deploy:rollback', '--release', one)}\n${list(layouts)}`
  const newer = good.find((name) => !live.includes(name)) ?? names.findLast((name) => !live.includes(name))
  return newer !== undefined
    ? `to go forward: ${stage.shipit('deploy:rollback', '--release', newer)}\n${list(layouts)}`
    : `no other release is on every host; a new one: ${stage.shipit('deploy')}`
}

const factState = (layout: HostFacts, name: string): ReleaseState => factIn(layout, name)?.state ?? 'failed'

const list = (layouts: Layouts): string => {
  const names = namable(layouts.map(({ layout }) => layout)).map((name) => {
    const states = new Set(layouts.map(({ layout }) => factIn(layout, name)!.state))
    return states.size === 1 && states.has('good') ? name : `${name} (${[...states].join(' or ')})`
  })
  return `on every host: ${names.join(', ') || 'none'}`
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

/** Why a rollback does not go to a release, with the hosts if they do not all agree. */
const whyNot = (layouts: Layouts, name: string): string => {
  const reasons = Map.groupBy(
    layouts.filter(({ layout }) => factIn(layout, name)?.state !== 'good'),
    ({ layout }) => {
      const fact = factIn(layout, name)
      return fact ? explain(fact) : 'is not there'
    },
  )
  return [...reasons]
    .map(([why, where]) => (where.length === layouts.length ? why : `${why} on ${where.map(({ host }) => host).join(', ')}`))
    .join('; ')
}

/** The state of a release in words. */
export const explain = ({ state, by, at, damaged }: ReleaseFact): string => {
  if (damaged) return 'its record cannot be read'
  const who = by === undefined ? '' : ` by ${by}`
  const when = at === undefined ? '' : ` at ${at.replace('T', ' ').replace(/Z$/, ' UTC')}`
  if (state === 'bad') return `${by ?? 'somebody'} rolled back from it${when}`
  return WORDS[state](`${who}${when}`)
}

const WORDS: Readonly<Record<Exclude<ReleaseState, 'bad'>, (who: string) => string>> = {
  building: (who) => `its deploy${who} was never finished`,
  good: () => 'is good',
  failed: (who) => `its deploy${who} failed`,
  removing: () => 'is being removed',
  doubtful: (who) => `its run${who} did not end well after the switch`,
  unknown: () => 'was not made by shipit, and no log says that it was good',
}
