import { usageError } from '../values/errors.ts'
import { refuseSecret } from '../values/secret.ts'
import { command } from './command.ts'
import { checkOptions } from './known-options.ts'
import { MAKER } from './message-makers.ts'
import { sh } from './sh.ts'
import type { Command, Message } from './types.ts'

/** A step that fails with this message: for problems that are known before the step runs. `hint`: what to do about it. */
export const fail = (message: string | readonly string[], o: { readonly hint?: string } = {}): Command =>
  hinted(messageStep('error', message), 'error', o)

/** A step that warns: the run goes on, and repeats the message in its last lines. */
export const warn = (message: string | readonly string[], o: { readonly hint?: string } = {}): Command =>
  hinted(messageStep('warning', message).allowFailure(), 'warning', o)

/** A step that prints a note. */
export const note = (message: string | readonly string[]): Command => messageStep('note', message)

const hinted = (step: Command, level: Message['level'], o: { readonly hint?: string }): Command => {
  checkOptions(`${MAKER[level]}()`, o, ['hint'])
  return o.hint === undefined ? step : step.hint(o.hint)
}

const messageStep = (level: Message['level'], message: string | readonly string[]): Command => {
  const text = messageText(`${MAKER[level]}()`, message)
  const lines = [message].flat()
  const { parts } = (level === 'note' ? sh`printf '%s\n' ${lines}` : sh`printf '%s\n' ${lines} >&2; exit 1`).spec
  return command({ parts, message: { level, text } })
}

/** The text of a message for people. Throws a ShipitError if the message is empty or cannot be printed. `what`: `fail()`, for errors. */
export const messageText = (what: string, message: string | readonly string[]): string => {
  const lines: readonly string[] = [message].flat()
  for (const line of lines) {
    refuseSecret(what, line)
    if (typeof line !== 'string')
      throw usageError(`${what} takes a string or a list of strings, not ${line === null ? 'null' : typeof line}`)
  }
  const text = lines.join('\n')
  if (text.trim() === '') throw usageError(`the message of ${what} is empty`, { hint: 'say what happened, on which host, and what to do' })
  if (text.includes('\0')) throw usageError(`the message of ${what} contains a NUL byte`, { hint: 'leave it out: no command can print it' })
  if (!text.isWellFormed())
    throw usageError(`the message of ${what} contains half a surrogate pair`, { hint: 'cut text between characters' })
  return text
}
