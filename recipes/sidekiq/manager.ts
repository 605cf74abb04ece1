import type { Command, Finding, FactsContext, StepList, StepsContext } from '../../src/index.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings>
/** What a recipe gets when it declares its facts and the doctor's. */
export type Asking = FactsContext<Settings>

/**
 * What starts and stops Sidekiq on a host: systemd, Upstart, or signals alone. Every function is pure: facts in, commands out. The facts it
 * declares appear in `c.facts` later.
 */
export interface Manager {
  /** read before anything is planned */
  facts(c: Asking): Readonly<Record<string, Command>>
  /** before anything is changed: whatever would make the tasks below fail later */
  check(c: Context): StepList
  quiet(c: Context): StepList
  /** stops all of them in one call, and checks that they ended by themselves */
  stop(c: Context): StepList
  start(c: Context): StepList
  restart(c: Context): StepList
  /** after a failure: puts back to work only what this run quieted or stopped */
  recover(c: Context): StepList
  /**
   * Prints a line `NAME PID` for every running process, in order; PID 0 if none runs. Read-only. Its text is embedded in another command,
   * so it has no environment, user or guard of its own.
   */
  pids(c: Context): Command
  install(c: Context): StepList
  uninstall(c: Context): StepList
  enable(c: Context): StepList
  disable(c: Context): StepList
  /** shows the last lines of the log and follows it */
  log(c: Context): StepList
  /** our files that differ from the config */
  drift?(c: Context): readonly Finding[]
  /** the facts that the doctor reads besides `facts`, and its findings from both */
  readonly doctor: {
    facts(c: Asking): Readonly<Record<string, Command>>
    findings(c: Context): readonly Finding[]
  }
}
