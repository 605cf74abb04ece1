import type { UnhandledErrors } from '../run/unhandled-errors.ts'

/** Reports to the run what would otherwise end the process at once, in the middle of a deploy. */
export const listenForUnhandledErrors: UnhandledErrors = (take) => {
  process.on('unhandledRejection', take)
  process.on('uncaughtException', take)
  return () => {
    process.off('unhandledRejection', take)
    process.off('uncaughtException', take)
  }
}
