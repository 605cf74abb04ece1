import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import type { Context } from './manager.ts'
import { isQuiet } from './quietness.ts'

/** What a run that failed or was cut short has left to be put right on a host. */
export interface LeftOver {
  /** which of the processes from before are quiet by this run's doing: all that are still there, those that the host knows of, or none */
  readonly quieted: 'all' | 'known' | 'none'
  /** whether what ran before and is down now is started again; not where a start failed by itself */
  readonly down: boolean
}

/** undefined: nothing. This run has touched no process there, or has brought them up again. */
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

/**
 * A guard: the process from before is still there (`same` says so), is quiet, and has a live release to start in. Without one, a restart
 * would end it for good.
 */
export const stillQuiet = (c: Context, same: Command, name: string, pid: number, { quieted }: LeftOver): Command =>
  sh`${isQuiet(c)}
{ ${same}; } && [ -d ${c.paths.current} ] && ${quieted === 'all' ? sh`:` : sh`is_quiet ${name} ${pid}`}`
