import { userCodeError } from '../errors/user-code-error.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { reportError } from './connect.ts'
import type { RunState } from './state.ts'

/** Errors that nothing awaits: from a promise that a task's code dropped, or from its timers. Passes each to `take` until stopped. */
export type UnhandledErrors = (take: (error: unknown) => void) => () => void

/**
 * Turns them into failures: work on the hosts goes on, and the run ends in order. Returns a function that stops listening. `signal`: aborted
 * when the run is interrupted.
 */
export const reportUnhandledErrors = (state: RunState, unhandledErrors: UnhandledErrors | undefined, signal: AbortSignal): (() => void) =>
  unhandledErrors?.((error) => {
    if (signal.aborted && endedByInterrupt(error)) return
    const { message, where, hint, host } = userCodeError(error, EXIT.failed)
    const remedy =
      where === undefined && !(error instanceof ShipitError)
        ? 'this is a bug in shipit, please report it'
        : 'await every promise, and catch what timers and listeners throw'
    reportError(state, new ShipitError(`an unhandled error: ${message}`, { where, host, hint: hint ?? remedy }), EXIT.failed)
  }) ?? (() => {})

/** Code that waited for a question may have commands under way: the interrupt ends both, and the code gets one of the errors. */
const endedByInterrupt = (error: unknown): boolean => error instanceof Error && /^(?:cancelled$|interrupted\b)/.test(error.message)
