import { mayBeShown } from '../config/answers.ts'
import { createRedactor } from '../redact/redact.ts'
import { commandMaker } from '../shell/shipit-command.ts'
import type { Call } from '../shell/types.ts'
import type { Options } from './global-options.ts'

/** Builds the commands that this run prints: with its options, and without its secrets, even those that it learns later. */
export const shipitCommand = (options: Options): Call => {
  const redactor = createRedactor()
  const hides = (text: string): boolean => redactor.text(text) !== text || (options.answer.includes(text) && !mayBeShown(text))
  return commandMaker(options, hides)
}
