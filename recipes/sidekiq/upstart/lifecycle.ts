import type { Command } from '../../../src/index.ts'
import type { Context } from '../manager.ts'
import { leftOver, stillQuiet } from '../recovery.ts'
import { quiet as quieten, start, still, stop as end, verifyUp } from './initctl.ts'
import { everDeployed } from '../../systemd/state.ts'
import { jobsOf, type Job } from './state.ts'

type Jobs = readonly Job[]

/** Quiets every running process. */
export const quiet = (c: Context): Command[] => {
  const some = jobsOf(c).filter(({ state }) => state === 'running' || state === 'unknown')
  return some.length === 0 ? [] : [quieten(c, some)]
}

export const stop = (c: Context): Command[] => {
  const some = present(c)
  return some.length === 0 ? [] : [end(c, some)]
}

/** Starts the jobs, then checks that they are up. On a host where no release was ever live, a missing job is only a warning. */
export const bringUp = (c: Context): Command[] => {
  const some = present(c)
  const absent = jobsOf(c).filter(({ label }) => some.every((job) => job.label !== label))
  return [
    ...(some.length === 0 ? [] : [start(c, some, c.deploy.releasing), verifyUp(c, some)]),
    ...(absent.length === 0 ? [] : [start(c, absent, false).allowFailure({ codes: [5] })]),
  ]
}

export const restart = (c: Context): Command[] => {
  const some = present(c)
  return [...(some.length === 0 ? [] : [end(c, some)]), ...bringUp(c)]
}

/** Puts back to work what this run quieted or stopped, but not what was down before or what it has already started again. */
export const recover = (c: Context): Command[] => {
  const left = leftOver(c)
  const touched = jobsOf(c).filter(({ state }) => state === 'running' || state === 'starting')
  if (left === undefined || touched.length === 0) return []
  const old = left.quieted === 'none' ? [] : touched.filter(({ pid }) => pid > 0)
  return [
    ...old.map((job) => start(c, [job], true).onlyIf(stillQuiet(c, still(c, job, job.pid), job.label, job.pid, left))),
    // leaves running jobs alone
    ...(left.down ? [start(c, touched, false), verifyUp(c, touched)] : []),
  ]
}

/** Once a release was live, a missing job is an error: its command runs, fails and says what to do. */
const present = (c: Context): Jobs => {
  const jobs = jobsOf(c)
  return everDeployed(c) ? jobs : jobs.filter(({ state }) => state !== 'missing')
}
