import type { ServiceStatus } from '../tasks/service-status.ts'
import type { Look } from './look.ts'
import type { RecipeServices } from './services.ts'

/** A service of a host, compared with what is live there. */
export interface ServiceRow extends Omit<ServiceStatus, 'dir'> {
  readonly recipe: string
  /** the release that its process works in, if it is one */
  readonly release: string | undefined
  /**
   * `live`: the live release; `other`: another one; `elsewhere`: no release of this deploy path; `unknown`: the host does not show it;
   * `none`: it has no process
   */
  readonly from: 'live' | 'other' | 'elsewhere' | 'unknown' | 'none'
}

/** The services of a host, in the order of the recipes. */
export const rowsOf = (look: Look, all: readonly RecipeServices[]): readonly ServiceRow[] =>
  all.flatMap(({ recipe, services }) =>
    services.map(({ dir, ...service }): ServiceRow => ({ ...service, recipe, ...originOf(look, { ...service, dir }) })),
  )

/** Seconds by which a process may seem older than the switch: both times are rounded. */
const ROUNDING = 2

const originOf = ({ host, layout, facts }: Look, { dir, pid, age }: ServiceStatus): Pick<ServiceRow, 'release' | 'from'> => {
  if (pid === undefined) return { release: undefined, from: 'none' }
  const { current } = layout
  const live = current.kind === 'link' && current.exists ? current.release : undefined
  if (dir !== undefined) {
    const release = releaseIn(dir, facts.releases)
    if (release === undefined) return { release, from: 'elsewhere' }
    return { release, from: release === live ? 'live' : 'other' }
  }
  if (!host.release || live === undefined) return { release: undefined, from: 'unknown' }
  // its folder is hidden from this account, but what runs since before the switch runs another release
  const since = facts.now === undefined || facts.switched === undefined ? undefined : facts.now - facts.switched
  return { release: undefined, from: since !== undefined && age !== undefined && age > since + ROUNDING ? 'other' : 'unknown' }
}

/** The release that a folder is in; `dir` may end with ` (deleted)` (proc(5)). */
const releaseIn = (dir: string, releases: string | undefined): string | undefined =>
  releases !== undefined && dir.startsWith(`${releases}/`)
    ? /^\d{14}(?=\/| \(deleted\)$|$)/.exec(dir.slice(releases.length + 1))?.[0]
    : undefined
