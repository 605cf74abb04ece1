import type { Context } from './manager.ts'

/** What of this run has to be made good on a host after a failure, or where it was cut short. */
export interface LeftOver {
  /** which processes of before this run quieted: all that are still there, those of which that is known on the host, or none */
  readonly quieted: 'all' | 'known' | 'none'
  /** what ran before and is down now is begun again; not where a start failed by itself */
  readonly down: boolean
}

/** undefined: nothing, for this run has touched no process there, or has brought them up. */
export const leftOver = (c: Context): LeftOver | undefined => {
  const ran = (task: string) => c.failure?.ran(`sidekiq:${task}`) ?? 'no'
  if (ran('start') === 'done' || ran('restart') === 'done') return undefined
  if (['quiet', 'stop', 'start', 'restart'].every((task) => ran(task) === 'no')) return undefined
  // with a drain, a restart begins with a quiet of its own
  const quiets = c.settings.drain === null ? [ran('quiet')] : [ran('quiet'), ran('restart')]
  return {
    quieted: quiets.some((how) => how === 'done' || how === 'started') ? 'all' : quiets.includes('failed') ? 'known' : 'none',
    down: ran('start') !== 'failed' && ran('restart') !== 'failed',
  }
}
