import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import type { Context } from './manager.ts'
import { isQuiet } from './quietness.ts'

/** What a failed or interrupted run left to put right on a host. */
export interface LeftOver {
  /** which of the old processes this run quieted: all that still run, those that the host knows of, or none */
  readonly quieted: 'all' | 'known' | 'none'
  /** whether to start what ran before and is down now; false if a start itself failed */
  readonly down: boolean
}

/** Undefined if there is nothing to do: this run touched no process here, or has brought them up again. */
export const leftOver = (c: Context): LeftOver | undefined => {
  const ran = (task: string) => c.failure?.ran(`sidekiq:${task}`) ?? 'no'
  if (ran('start') === 'done' || ran('restart') === 'done') return undefined
  if (['quiet', 'stop', 'start', 'restart'].every((task) => ran(task) === 'no')) return undefined
  // with a drain, a restart begins by quieting
  const quiets = c.settings.drain === null ? [ran('quiet')] : [ran('quiet'), ran('restart')]
  return {
    quieted: quiets.some((how) => how === 'done' || how === 'started') ? 'all' : quiets.includes('failed') ? 'known' : 'none',
    down: ran('start') !== 'failed' && ran('restart') !== 'failed',
  }
}

/**
 * A guard: the old process is still there (`same`), is quiet, and has a live release to start in. Without one, a restart would end it for
 * good.
 */
export const stillQuiet = (c: Context, same: Command, name: string, pid: number, { quieted }: LeftOver): Command =>
  sh`${isQuiet(c)}
{ ${same}; } && [ -d ${c.paths.current} ] && ${quieted === 'all' ? sh`:` : sh`is_quiet ${name} ${pid}`}`
