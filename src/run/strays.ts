import { thrownByCode } from '../plan/thrown.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { reportError } from './connect.ts'
import type { RunState } from './state.ts'

/** Errors that nothing awaits: from a promise that a task's code dropped, or from its timers. Passes each to `take` until stopped. */
export type Strays = (take: (error: unknown) => void) => () => void

/** Turns them into failures: work on the hosts goes on, and the run ends in order. Returns a function that stops listening. */
export const tellStrays = (state: RunState, strays: Strays | undefined): (() => void) =>
  strays?.((error) => {
    const { message, where, hint, host } = thrownByCode(error, EXIT.failed)
    const remedy =
      where === undefined
        ? 'this is a defect of shipit, please report it'
        : 'await every promise, and catch what timers and listeners throw'
    reportError(state, new ShipitError(`an error that nobody waited for: ${message}`, { where, host, hint: hint ?? remedy }), EXIT.failed)
  }) ?? (() => {})
