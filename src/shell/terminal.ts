import { toBuffer } from './bytes.ts'
import { render, TERMINAL_HEAD } from './render.ts'
import { passwordFor, sudoFunction, type PasswordHolder } from './sudo-password.ts'
import type { Command } from './types.ts'

/**
 * The text for a shell on a terminal. Ctrl-C reaches every process there: the shell outlives it, because it catches the signal, and what it
 * runs decides for itself, because a caught signal is back to normal for other programs.
 */
export const terminalScript = (command: Command, host: PasswordHolder = {}): Buffer => {
  const password = passwordFor(command, host)
  const sudo = password === undefined ? undefined : sudoFunction(password)
  const head = sudo === undefined ? TERMINAL_HEAD : `${TERMINAL_HEAD}\n${sudo}`
  return Buffer.concat([toBuffer(`${head}\n`), render(command, { secrets: 'reveal', prelude: sudo }), toBuffer('\n')])
}
