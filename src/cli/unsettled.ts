import { EXIT } from '../values/errors.ts'
import { onSlow, waitingFor } from '../values/waiting.ts'
import { redactText } from './redacted.ts'

/**
 * Reports what a long wait is for, and ends the process with an error if nothing is left that could settle it: Node alone would end with 0,
 * as if all were done. Returns a function that removes the handlers.
 */
export const watchUnsettled = (): (() => void) => {
  const say = (text: string) => process.stderr.write(redactText(`shipit: ${text}\n`))
  onSlow((what, seconds) => say(`still waiting for ${what} (${seconds}s)`))
  const ended = () => {
    const [first = 'a promise of shipit itself', ...more] = waitingFor()
    say(
      `${[first, ...more].join(', ')} never settles: its promise is pending, and nothing is left that could resolve it\n  look for a promise that nobody resolves, or a callback that is never called`,
    )
    process.exit(EXIT.usage)
  }
  process.once('beforeExit', ended)
  return () => {
    onSlow(undefined)
    process.off('beforeExit', ended)
  }
}
