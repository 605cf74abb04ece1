import { showable } from '../values/secret.ts'
import { command, SAID_BY } from './command.ts'
import { sh } from './sh.ts'
import type { Command, Says } from './types.ts'

/** A step that fails with this message, for what is known to be wrong before the step runs. `hint`: what to do about it. */
export const fail = (message: string | readonly string[], o: { readonly hint?: string } = {}): Command =>
  hinted(saying('error', message), o)

/** A step that warns: the run goes on, and repeats the message in its last lines. */
export const warn = (message: string | readonly string[], o: { readonly hint?: string } = {}): Command =>
  hinted(saying('warning', message).allowFailure(), o)

/** A step that prints what is good to know. */
export const note = (message: string | readonly string[]): Command => saying('note', message)

const hinted = (command: Command, { hint }: { readonly hint?: string }): Command => (hint === undefined ? command : command.hint(hint))

const saying = (level: Says['level'], message: string | readonly string[]): Command => {
  const lines: readonly string[] = [message].flat()
  for (const line of lines) showable(`${SAID_BY[level]}()`, line)
  const { parts } = (level === 'note' ? sh`printf '%s\n' ${lines}` : sh`printf '%s\n' ${lines} >&2; exit 1`).spec
  return command({ parts, says: { level, message: lines.join('\n') } })
}
