import type { Command } from '../../../src/index.ts'
import type { Context } from '../manager.ts'
import { leftOver } from '../recovery.ts'
import { quiet as quieten, start, still, stop as end, verifyUp } from './initctl.ts'
import { everDeployed, jobsOf, type Job } from './state.ts'

type Jobs = readonly Job[]

/** Whoever runs takes no more jobs. */
export const quiet = (c: Context): Command[] => {
  const some = jobsOf(c).filter(({ state }) => state === 'running' || state === 'unknown')
  return some.length === 0 ? [] : [quieten(c, some)]
}

export const stop = (c: Context): Command[] => {
  const some = present(c)
  return some.length === 0 ? [] : [end(c, some)]
}

/** And the look whether they are up. What was never installed on a host without a good release is a warning. */
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

/** Back to work with what this run quieted or stopped; not with what was down before, nor what it already started again. */
export const recover = (c: Context): Command[] => {
  const left = leftOver(c)
  const touched = jobsOf(c).filter(({ state }) => state === 'running' || state === 'starting')
  if (left === 'nothing' || touched.length === 0) return []
  if (left === 'all') return [end(c, touched), start(c, touched, true), verifyUp(c, touched)]
  return touched.filter(({ pid }) => pid > 0).map((job) => start(c, [job], true).onlyIf(still(c, job, job.pid)))
}

/** A job that is missing is an error once a release was good: then its command runs, fails and says what to do. */
const present = (c: Context): Jobs => {
  const jobs = jobsOf(c)
  return everDeployed(c) ? jobs : jobs.filter(({ state }) => state !== 'missing')
}
