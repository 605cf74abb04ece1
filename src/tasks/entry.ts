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
  /** `override` has put it in the place of a recipe's task; `off`: nothing is in its place. `by`: `config`, or the name of a recipe */
  readonly override?: { readonly how: 'replaced' | 'off'; readonly by: string }
  /** whether the ssh agent is forwarded to it, if the config allows that */
  readonly agent: boolean
}

export interface Registry {
  readonly tasks: ReadonlyMap<string, TaskEntry>
  readonly before: ReadonlyMap<string, readonly Hook[]>
  readonly after: ReadonlyMap<string, readonly Hook[]>
  readonly finally: ReadonlyMap<string, readonly Hook[]>
  /** optional hooks that seem to be mistyped */
  readonly warnings: readonly string[]
  /** what to do instead of a task that this stage does not have, if known */
  readonly hintFor: (name: string) => string | undefined
  /** the command that lists the tasks */
  readonly list: () => string
}
/** The name that a task of a recipe has when `override` has put another one in its place. */
export const originalOf = (name: string): string => `${name}:original`

/** A task by name, or one written in place. */
export type TaskRef = string | TaskEntry

/** The places of hooks around a task, in the order in which they run. */
export const SIDES = ['before', 'after', 'finally'] as const
export type Side = (typeof SIDES)[number]

export interface Hook {
  readonly task: TaskRef
  /** what hung it there: `config`, or the name of the recipe */
  readonly owner: string
}

/** An invalid hook or task: where in `tasks` or `hooks` of its owner, and why. */
export interface RegistryProblem {
  readonly owner: string
  /** which of the stage's hooks, if the owner is the config */
  readonly hooks?: number
  readonly path: readonly string[]
  /** in `override` of the config */
  readonly override?: true
  readonly message: string
  /** what to do instead, if known */
  readonly hint: string | undefined
}
