import type { Layout, ReleaseState } from './types.ts'

/** What is done with a release in one state. `docs/releases.md` shows this table, and a test holds the page to it. */
export interface Standing {
  /**
   * `counted`: the newest `keepReleases` stay; `aged`: it goes once `keepReleases` good ones are newer; `removed`: the next clean-up
   * removes it
   */
  readonly cleanUp: 'counted' | 'aged' | 'removed'
  /** where a rollback without `--release` goes: there, there where no good release is left, or past it */
  readonly rollback: 'goes there' | 'last resort' | 'skips it'
  /** `--release NAME` may go there: it is complete */
  readonly byName: boolean
  /** what the doctor finds; of a release that is live, and of one that is not */
  readonly doctor: { readonly live?: 'warning' | 'error'; readonly other?: 'warning' }
}

export const STANDING: Readonly<Record<ReleaseState, Standing>> = {
  building: { cleanUp: 'removed', rollback: 'skips it', byName: false, doctor: { live: 'error', other: 'warning' } },
  good: { cleanUp: 'counted', rollback: 'goes there', byName: true, doctor: {} },
  failed: { cleanUp: 'removed', rollback: 'skips it', byName: false, doctor: { live: 'error' } },
  doubtful: { cleanUp: 'aged', rollback: 'last resort', byName: true, doctor: { live: 'warning' } },
  bad: { cleanUp: 'aged', rollback: 'skips it', byName: true, doctor: { live: 'warning' } },
  removing: { cleanUp: 'removed', rollback: 'skips it', byName: false, doctor: { live: 'error', other: 'warning' } },
  unknown: { cleanUp: 'aged', rollback: 'skips it', byName: true, doctor: {} },
}

export const isState = (word: string): word is Exclude<ReleaseState, 'unknown'> => word !== 'unknown' && Object.hasOwn(STANDING, word)

/** Whether anything was ever live on a host: a release is live now, or was once. */
export const everLive = ({ live, releases }: Pick<Layout, 'live' | 'releases'>): boolean =>
  live !== undefined || releases.some(({ state }) => state === 'good' || state === 'doubtful' || state === 'bad')
