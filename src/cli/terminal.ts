import { rawWriter } from '../output/intercept-streams.ts'
import { lendTerminal } from '../output/lent-terminal.ts'
import { oneAtATime } from './read-line.ts'
import type { HandOver, LocalTerminal } from '../transport/types.ts'

/** The terminal of this process, undefined if its input or output is something else. */
const ownTerminal = (away: LocalTerminal['away']): LocalTerminal | undefined => {
  const { stdin, stdout } = process
  if (!stdin.isTTY || !stdout.isTTY) return undefined
  return { input: stdin, output: stdout, write: (bytes) => rawWriter('stdout')(bytes), away }
}

/** Hands this process's terminal over; undefined if it has none. `away`: told when Ctrl-C is for the command. */
export const terminalHandOver = (away: LocalTerminal['away']): HandOver | undefined => {
  const terminal = ownTerminal(away)
  if (!terminal) return undefined
  let busy = false
  return async (use) => {
    if (busy) throw new Error('the terminal is taken already: only one host at a time can have it')
    busy = true
    try {
      // a question on the screen has the keyboard until it is answered
      return await oneAtATime(() => lendTerminal(() => use(terminal)))
    } finally {
      busy = false
    }
  }
}
