import type { Host } from '../inventory/types.ts'
import type { Call } from '../shell/types.ts'

/** The input of a run's outcome, besides its state. */
export interface OutcomeInput {
  /** a deploy or a rollback: a release was to be published */
  readonly releasing: boolean
  readonly rollback: boolean
  readonly release: string | undefined
  readonly revision: string | undefined
  readonly stage: string
  readonly shipit: Call
  readonly application: string
  readonly hosts: readonly Host[]
  /** hosts that run a task alone, as the primary of a role */
  readonly alone?: readonly string[]
  /** how many hosts of the stage the filters leave out */
  readonly filtered?: number
  /** the words that ask for the same once more */
  readonly typedWords?: readonly string[] | undefined
  /** the options and words that were typed for a task */
  readonly typedFor?: (task: string) => readonly string[]
  /** the path of `current` */
  readonly current: string
  /** what `current` led to when read back after a failure; undefined: as before, or as switched */
  readonly currentLinks: ReadonlyMap<string, { release: string | undefined; revision: string | undefined } | undefined> | undefined
  /** tasks after the switch that did not run */
  readonly tasksNotRun: readonly string[]
  /** tasks that are there for a failure only: hooks of deploy:failed */
  readonly afterFailureOnly?: readonly string[]
  /** only the plan was asked for */
  readonly planned?: boolean
  /** it ended before it asked for a lock: nothing can have been changed */
  readonly untouched?: boolean
  /** no task had a step to run: checks that passed, or others */
  readonly idle?: 'passed' | 'nothing' | undefined
  /** the tasks that were typed */
  readonly typedTasks?: readonly string[]
  /** releases that a rollback skipped */
  readonly skipped: readonly string[]
}
