import { createRedactor } from '../events/redact.ts'
import { callWith } from '../shell/call.ts'
import type { Call } from '../shell/types.ts'
import type { Options } from './options.ts'

/** Builds the commands that this run prints: with its options, and without its secrets, even those that it learns later. */
export const commandsOf = (options: Options): Call => {
  const redactor = createRedactor()
  return callWith(options, (text) => redactor.text(text) !== text)
}
