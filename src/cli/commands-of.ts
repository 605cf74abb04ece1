import { createRedactor } from '../events/redact.ts'
import { callWith } from '../shell/call.ts'
import type { Call } from '../shell/types.ts'
import type { Options } from './options.ts'

/** What makes the commands that this run prints: with what it was given, and without its secrets, also those that are known only later. */
export const commandsOf = (options: Options): Call => {
  const redactor = createRedactor()
  return callWith(options, (text) => redactor.text(text) !== text)
}
