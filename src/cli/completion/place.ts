import type { Command, CommandTable } from '../command.ts'
import type { ListedTask } from '../commands/tasks.ts'
import type { Choices } from './load-choices.ts'
import type { ReadWords } from './read-words.ts'

/** A word that may be typed. */
export interface Candidate {
  readonly word: string
  /** what it is, in some words */
  readonly about?: string | undefined
}

/** Where the cursor is. */
export interface Place extends ReadWords {
  readonly table: CommandTable
  /** undefined if there is no config, or it is broken */
  readonly choices: Choices | undefined
  readonly command: Command
  /** those of the stage that was typed */
  readonly tasks: ReadonlyMap<string, ListedTask>
}
