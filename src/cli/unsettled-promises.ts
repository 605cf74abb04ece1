import { usageError } from '../values/errors.ts'
import { onSlow, waitingFor } from '../values/waiting.ts'
import { redactText } from './redact-text.ts'
import { reportFatal } from './report-fatal.ts'

/**
 * Reports what a long wait is for, and ends the process with an error if nothing is left that could settle it: Node alone would end with 0,
 * as if all were done. Returns a function that removes the handlers.
 */
export const watchUnsettledPromises = (): (() => void) => {
  onSlow((what, seconds) => void process.stderr.write(redactText(`shipit: still waiting for ${what} (${seconds}s)\n`)))
  const reportPending = () => {
    const [first = 'a promise in shipit itself', ...more] = waitingFor()
    const error = usageError(
      `${[first, ...more].join(', ')} never settles: its promise is pending, and nothing is left that could resolve it`,
      { hint: 'look for a promise that is never resolved, or a callback that is never called' },
    )
    process.exit(reportFatal(error))
  }
  process.once('beforeExit', reportPending)
  return () => {
    onSlow(undefined)
    process.off('beforeExit', reportPending)
  }
}
