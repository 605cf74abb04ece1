import type { Barrier } from './barriers.ts'
import type { AnyTask } from './types.ts'

/** A task under its full name, with the settings that its functions are called with. */
export interface TaskEntry {
  readonly name: string
  readonly def: AnyTask
  /** `core`, `config`, or the name of the recipe */
  readonly owner: string
  readonly settings: Readonly<Record<string, unknown>>
  /** a barrier right after the task's own steps, before its after-hooks */
  readonly barrier: Barrier | undefined
  /** at most so many hosts at a time */
  readonly limit: number | undefined
  /** the ssh agent is forwarded to it, where the config says so */
  readonly agent: boolean
}

export interface Registry {
  readonly tasks: ReadonlyMap<string, TaskEntry>
  readonly before: ReadonlyMap<string, readonly TaskRef[]>
  readonly after: ReadonlyMap<string, readonly TaskRef[]>
  /** what to do instead of a task that this stage does not have, where that is known */
  readonly instead: (name: string) => string | undefined
  /** the command that lists the tasks */
  readonly list: () => string
}
/** A hook: a task by name, or one that was written in place. */
export type TaskRef = string | TaskEntry

/** A hook or a task that cannot be: where in `tasks` or `hooks` of its owner, and why. */
export interface RegistryProblem {
  readonly owner: string
  /** which of the stage's hooks, for those of the config */
  readonly hooks?: number
  readonly path: readonly string[]
  readonly message: string
  /** what to do instead, where that is known */
  readonly hint: string | undefined
}
