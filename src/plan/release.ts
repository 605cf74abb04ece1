import type { Stage } from '../config/types.ts'
import type { Host } from '../inventory/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { RELEASE_NAME } from '../values/layout.ts'
import type { HostRead } from './types.ts'

type Reads = ReadonlyMap<string, HostRead>

/** A new release's name: the later of now and one second past the newest anywhere (clocks differ, and so do operators). */
export const newReleaseName = (now: Date, reads: Iterable<HostRead>): string => {
  const names = [...reads]
    .flatMap(({ layout }) => layout.releases.map((release) => release.name))
    .filter(isMoment)
    .sort()
  const newest = names.at(-1)
  const name = stamp(now)
  return newest === undefined || name > newest ? name : stamp(new Date(parse(newest) + 1000))
}

/** Digits that are no date are somebody else's. */
const isMoment = (name: string): boolean => stamp(new Date(parse(name))) === name

const stamp = (date: Date): string => date.toISOString().replace(/\D/g, '').slice(0, 14)

const parse = (name: string): number => {
  const part = (from: number, to: number) => Number(name.slice(from, to))
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14))
}

/**
 * Where a rollback goes: the newest good release older than the live one that every host has; or the one that was asked for.
 * Never forward by accident: without `asked` it refuses where the hosts differ. Throws ShipitError.
 */
export const rollbackTarget = (
  hosts: readonly Host[],
  reads: Reads,
  asked: string | undefined,
  stage: Stage,
): { release: string; revision: string | undefined } => {
  const layouts = hosts.map((host) => ({ host: host.name, layout: reads.get(host.name)!.layout }))
  const revision = (release: string) => layouts[0]!.layout.releases.find((r) => r.name === release)?.revision
  const common = layouts
    .map(({ layout }) => new Set(layout.releases.filter((r) => r.state === 'good').map((r) => r.name)))
    .reduce((all, names) => new Set([...all].filter((name) => names.has(name))))
  if (asked !== undefined) {
    if (!RELEASE_NAME.test(asked))
      throw new ShipitError(`--release ${asked} is not a release: they are named with 14 digits`, { exit: EXIT.usage })
    for (const { host, layout } of layouts) {
      const found = layout.releases.find((r) => r.name === asked)
      if (!found) throw new ShipitError(`there is no release ${asked} here`, { host, hint: `good on every host: ${list(common)}` })
      if (found.state !== 'good')
        throw new ShipitError(`release ${asked} is not good here: it is ${found.state}`, {
          host,
          hint: `good on every host: ${list(common)}`,
        })
    }
    return { release: asked, revision: revision(asked) }
  }
  const live = new Map(layouts.map(({ host, layout }) => [host, layout.current.kind === 'link' ? layout.current.release : undefined]))
  const different = new Set(live.values())
  if (different.size > 1) {
    const where = [...live].map(([host, release]) => `${host} is on ${release ?? 'none'}`).join(', ')
    throw new ShipitError(`the hosts are on different releases: ${where}`, {
      hint: `say which: shipit ${stage.name} deploy:rollback --release RELEASE (good on every host: ${list(common)})`,
    })
  }
  const [now] = different
  const other = layouts.find(({ layout }) => layout.current.kind === 'link' && layout.current.release === undefined)
  if (now === undefined && other?.layout.current.kind === 'link') {
    throw new ShipitError(`current points to ${other.layout.current.target}, which is no release of ours`, {
      host: other.host,
      hint: `say where to go: shipit ${stage.name} deploy:rollback --release RELEASE (good on every host: ${list(common)})`,
    })
  }
  if (now === undefined)
    throw new ShipitError('nothing is live that could be rolled back', { hint: `shipit ${stage.name} deploy makes the first release` })
  const older = [...common].filter((name) => name < now).sort()
  const release = older.at(-1)
  if (release === undefined) {
    throw new ShipitError(`there is no good release before ${now} on every host`, {
      hint: `good on every host: ${list(common)}; a newer one must be asked for with --release`,
    })
  }
  return { release, revision: revision(release) }
}

const list = (names: Iterable<string>): string => [...names].sort().join(', ') || 'none'
