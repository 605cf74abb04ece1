import type { Command, Finding, FactsContext, StepList, StepsContext } from '../../src/index.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings>
/** What a recipe is told when it makes its facts and its doctor's. */
export type Asking = FactsContext<Settings>

/**
 * What starts and stops Sidekiq on a host: systemd, Upstart, or its own signals. Every function is pure: facts in, commands out. The
 * facts that it asks for are what it finds in `c.facts` later.
 */
export interface Manager {
  /** read before anything is planned */
  facts(c: Asking): Readonly<Record<string, Command>>
  /** before anything is touched: what would stop the tasks below from working later */
  check(c: Context): StepList
  quiet(c: Context): StepList
  /** all of them in one call, and the check that they ended by themselves */
  stop(c: Context): StepList
  start(c: Context): StepList
  restart(c: Context): StepList
  /** after a failure: back to work with what was quieted or stopped in this run, and only that */
  recover(c: Context): StepList
  /** Prints a line `NAME PID` for every process that runs now, in order; PID 0 where none runs. It only reads. Its text stands within another command: no environment, user or guard of its own. */
  pids(c: Context): Command
  install(c: Context): StepList
  uninstall(c: Context): StepList
  enable(c: Context): StepList
  disable(c: Context): StepList
  /** the last lines of the log and what follows */
  log(c: Context): StepList
  /** our files that differ from what the config says now */
  drift?(c: Context): readonly Finding[]
  /** what the doctor reads besides `facts`, and what it makes of both */
  readonly doctor: {
    facts(c: Asking): Readonly<Record<string, Command>>
    findings(c: Context): readonly Finding[]
  }
}
