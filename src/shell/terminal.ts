import { toBuffer } from './bytes.ts'
import { render, TERMINAL_HEAD } from './render.ts'
import type { Command } from './types.ts'

/**
 * The text for a shell on a terminal. Ctrl-C reaches every process there: the shell outlives it, because it catches the signal, and what it
 * runs decides for itself, because a caught signal is back to normal for other programs.
 */
export const terminalScript = (command: Command): Buffer =>
  Buffer.concat([toBuffer(`${TERMINAL_HEAD}\n`), render(command, { secrets: 'reveal' }), toBuffer('\n')])
