import { cleanText, oneLine } from '../../redact/clean.ts'
import { EXIT, ShipitError } from '../../values/errors.ts'
import { readLine } from '../read-line.ts'

interface Proposed {
  readonly message: string
  /** what an empty answer means */
  readonly proposal: string
  /** what is wrong with an answer */
  readonly problem?: (answer: string) => string | undefined
}
export type Ask = (question: Proposed) => Promise<string>

/** Takes every proposal. */
export const takeProposals: Ask = async ({ proposal }) => proposal

/** Asks at the terminal, one line an answer, again while there is a problem. Throws at Ctrl-C and Ctrl-D. */
export const askAtTerminal: Ask = async ({ message, proposal, problem }) => {
  for (;;) {
    const answer = (await line(oneLine(`${message} [${proposal}]: `))).trim() || proposal
    const wrong = problem?.(answer)
    if (wrong === undefined) return answer
    process.stderr.write(`  ${cleanText(wrong)}\n`)
  }
}

/** Ctrl-C is an error like any other, so that it can say what it left behind. */
const line = async (prompt: string): Promise<string> => {
  let interrupted = false
  const interrupt = (): void => void (interrupted = true)
  process.once('SIGINT', interrupt)
  try {
    return await readLine(prompt, { echo: true })
  } catch (error) {
    throw interrupted ? new ShipitError('interrupted: nothing was written', { exit: EXIT.interrupted }) : error
  } finally {
    process.off('SIGINT', interrupt)
  }
}
