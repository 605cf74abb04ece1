import type { Barrier } from './barriers.ts'
import type { AnyTask } from './types.ts'

/** A task under its full name, with the settings that its functions get. */
export interface TaskEntry {
  readonly name: string
  readonly def: AnyTask
  /** `core`, `config`, or the name of the recipe */
  readonly owner: string
  readonly settings: Readonly<Record<string, unknown>>
  /** a barrier right after the task's own steps, before its after-hooks */
  readonly barrier: Barrier | undefined
  /** how many hosts may run it at a time */
  readonly limit: number | undefined
  /** whether the ssh agent is forwarded to it, if the config allows that */
  readonly agent: boolean
}

export interface Registry {
  readonly tasks: ReadonlyMap<string, TaskEntry>
  readonly before: ReadonlyMap<string, readonly TaskRef[]>
  readonly after: ReadonlyMap<string, readonly TaskRef[]>
  /** what to do instead of a task that this stage does not have, if known */
  readonly instead: (name: string) => string | undefined
  /** the command that lists the tasks */
  readonly list: () => string
}
/** A hook: a task by name, or one written in place. */
export type TaskRef = string | TaskEntry

/** An invalid hook or task: where in `tasks` or `hooks` of its owner, and why. */
export interface RegistryProblem {
  readonly owner: string
  /** which of the stage's hooks, if the owner is the config */
  readonly hooks?: number
  readonly path: readonly string[]
  readonly message: string
  /** what to do instead, if known */
  readonly hint: string | undefined
}
