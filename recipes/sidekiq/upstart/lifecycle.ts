import type { Command } from '../../../src/index.ts'
import type { Context } from '../manager.ts'
import { leftOver, stillQuiet } from '../recovery.ts'
import { quiet as quieten, start, still, stop as end, verifyUp } from './initctl.ts'
import { everDeployed } from '../../systemd/state.ts'
import { jobsOf, type Job } from './state.ts'

type Jobs = readonly Job[]

/** Every process that runs takes no more jobs. */
export const quiet = (c: Context): Command[] => {
  const some = jobsOf(c).filter(({ state }) => state === 'running' || state === 'unknown')
  return some.length === 0 ? [] : [quieten(c, some)]
}

export const stop = (c: Context): Command[] => {
  const some = present(c)
  return some.length === 0 ? [] : [end(c, some)]
}

/** And the check that they are up. On a host where nothing was ever live a job that is missing is a warning. */
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

/** Puts back to work what this run quieted or stopped; not what was down before, nor what it has started again. */
export const recover = (c: Context): Command[] => {
  const left = leftOver(c)
  const touched = jobsOf(c).filter(({ state }) => state === 'running' || state === 'starting')
  if (left === undefined || touched.length === 0) return []
  const old = left.quieted === 'none' ? [] : touched.filter(({ pid }) => pid > 0)
  return [
    ...old.map((job) => start(c, [job], true).onlyIf(stillQuiet(c, still(c, job, job.pid), job.label, job.pid, left))),
    // this leaves alone what runs
    ...(left.down ? [start(c, touched, false), verifyUp(c, touched)] : []),
  ]
}

/** A job that is missing is an error once a release was live: then its command runs, fails and says what to do. */
const present = (c: Context): Jobs => {
  const jobs = jobsOf(c)
  return everDeployed(c) ? jobs : jobs.filter(({ state }) => state !== 'missing')
}
