import type { Strays } from '../run/strays.ts'

/** What would end the process at once, in the middle of a deploy, is told to the run instead. */
export const listenForStrays: Strays = (take) => {
  process.on('unhandledRejection', take)
  process.on('uncaughtException', take)
  return () => {
    process.off('unhandledRejection', take)
    process.off('uncaughtException', take)
  }
}
