import type { Layout, ReleaseFact, ReleaseState } from './types.ts'

/** How shipit treats a release in one state. `docs/releases.md` shows this table, and a test compares the two. */
export interface Treatment {
  /**
   * `counted`: the newest `keepReleases` stay; `aged`: removed once `keepReleases` good ones are newer; `removed`: the next clean-up
   * removes it
   */
  readonly cleanUp: 'counted' | 'aged' | 'removed'
  /** what a rollback without `--release` does: it goes there, goes there only if no good release is left, or skips it */
  readonly rollback: 'goes there' | 'last resort' | 'skips it'
  /** `--release NAME` can go there, because it is complete */
  readonly byName: boolean
  /** what the doctor reports for a release that is live, and for one that is not */
  readonly doctor: { readonly live?: 'warning' | 'error'; readonly other?: 'warning' }
}

export const TREATMENTS: Readonly<Record<ReleaseState, Treatment>> = {
  building: { cleanUp: 'removed', rollback: 'skips it', byName: false, doctor: { live: 'error', other: 'warning' } },
  good: { cleanUp: 'counted', rollback: 'goes there', byName: true, doctor: {} },
  failed: { cleanUp: 'removed', rollback: 'skips it', byName: false, doctor: { live: 'error' } },
  doubtful: { cleanUp: 'aged', rollback: 'last resort', byName: true, doctor: { live: 'warning' } },
  bad: { cleanUp: 'aged', rollback: 'skips it', byName: true, doctor: { live: 'warning' } },
  removing: { cleanUp: 'removed', rollback: 'skips it', byName: false, doctor: { live: 'error', other: 'warning' } },
  unknown: { cleanUp: 'aged', rollback: 'skips it', byName: true, doctor: {} },
}

/** The same for a release whose files were removed by hand, whatever its state: no rollback can go there. */
const EMPTIED: Treatment = { cleanUp: 'aged', rollback: 'skips it', byName: false, doctor: { live: 'error', other: 'warning' } }

export const treatmentOf = ({ state, emptied }: Pick<ReleaseFact, 'state' | 'emptied'>): Treatment =>
  emptied === true ? EMPTIED : TREATMENTS[state]

export const isState = (word: string): word is Exclude<ReleaseState, 'unknown'> => word !== 'unknown' && Object.hasOwn(TREATMENTS, word)

/** Whether anything was ever live on a host: a release is live now, or was once. */
export const everLive = ({ live, releases }: Pick<Layout, 'live' | 'releases'>): boolean =>
  live !== undefined || releases.some(({ state }) => state === 'good' || state === 'doubtful' || state === 'bad')
