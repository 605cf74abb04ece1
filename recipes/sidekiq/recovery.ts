import type { Context } from './manager.ts'

/**
 * What of this run has to go back to work after a failure: `all` that it quieted or stopped; `old`: what it began to start or restart,
 * only where the process of before, which is quiet, is still there. A start that failed is not tried again.
 */
export const leftOver = (c: Context): 'all' | 'old' | 'nothing' => {
  const ran = (task: string) => c.failure?.ran(`sidekiq:${task}`) ?? 'no'
  const some = (...tasks: string[]) => tasks.some((task) => ran(task) !== 'no')
  if (!some('start', 'restart')) return some('quiet', 'stop') ? 'all' : 'nothing'
  if (some('stop') || ran('start') === 'done' || ran('restart') === 'done') return 'nothing'
  // with a drain, a restart begins with a quiet of its own
  return some('quiet') || (some('restart') && c.settings.drain !== null) ? 'old' : 'nothing'
}
