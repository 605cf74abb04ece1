import type { Code } from './code-text.ts'

/** Parts of a config, each in TypeScript. */
export interface Parts {
  readonly recipes: readonly { readonly name: string; readonly code: Code }[]
  readonly linkedDirs: readonly string[]
  readonly tasks: readonly Task[]
  /** what cannot be written, as sentences */
  readonly notes: readonly string[]
}

export interface Task {
  readonly name: string
  readonly description: string
  /** runs on one host alone */
  readonly once?: true
  /** lines for sh`…`, each run in the release */
  readonly commands: readonly string[]
  /** the task that it runs before */
  readonly before: string
}

export const NOTHING: Parts = { recipes: [], linkedDirs: [], tasks: [], notes: [] }
