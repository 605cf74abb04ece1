import { reasonOf } from '../values/reason.ts'
import { thrownAt } from '../errors/source-location.ts'
import { EXIT, ShipitError } from '../values/errors.ts'

/** An error from the code of `whose` (`the task x`), with its file and line instead of a stack. */
export const thrownByCode = (error: unknown, exit: number, whose?: string): ShipitError => {
  const says = (message: string) => (whose === undefined ? message : `${whose}: ${message}`)
  const where = thrownAt(error, '')
  if (error instanceof ShipitError) {
    const { message, hint, host, cause } = error
    // the usage exit code means that nothing was done, which is no longer true once a run has begun
    const own = exit === EXIT.usage || error.exit === EXIT.usage ? exit : error.exit
    return new ShipitError(says(message), { exit: own, hint, host, cause, where: error.where ?? where })
  }
  return new ShipitError(says(reasonOf(error)), { exit, where, cause: error })
}
