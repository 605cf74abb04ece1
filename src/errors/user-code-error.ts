import { reasonOf } from '../values/error-reason.ts'
import { userCodeLocation } from './source-location.ts'
import { EXIT, ShipitError } from '../values/errors.ts'

/** An error from the code of `whose` (`the task x`), with its file and line instead of a stack. */
export const userCodeError = (error: unknown, exit: number, subject?: string): ShipitError => {
  const prefixed = (message: string) => (subject === undefined ? message : `${subject}: ${message}`)
  const where = userCodeLocation(error, '')
  if (error instanceof ShipitError) {
    const { message, hint, host, cause } = error
    // the usage exit code means that nothing was done, which is no longer true once a run has begun
    const exitCode = exit === EXIT.usage || error.exit === EXIT.usage ? exit : error.exit
    return new ShipitError(prefixed(message), { exit: exitCode, hint, host, cause, where: error.where ?? where })
  }
  return new ShipitError(prefixed(reasonOf(error)), { exit, where, cause: error })
}
