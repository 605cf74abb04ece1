import { thrownAt } from '../config/place.ts'
import { EXIT, ShipitError } from '../values/errors.ts'

/** An error of the code of `whose` (`the task x`), with the file and line that it came from instead of a stack. */
export const thrownByCode = (error: unknown, exit: number, whose?: string): ShipitError => {
  const says = (message: string) => (whose === undefined ? message : `${whose}: ${message}`)
  const where = thrownAt(error, '')
  if (error instanceof ShipitError) {
    const { message, hint, host, cause } = error
    return new ShipitError(says(message), { exit: exit === EXIT.usage ? exit : error.exit, hint, host, cause, where: error.where ?? where })
  }
  const message = error instanceof Error ? error.message || error.name : `threw ${String(error)}`
  const kind = error instanceof Error && error.name !== 'Error' ? `${error.name}: ` : ''
  return new ShipitError(says(`${kind}${message}`), { exit, where, cause: error })
}
