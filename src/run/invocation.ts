import { AsyncLocalStorage } from 'node:async_hooks'
import type { RecordedFailure } from './state.ts'

/** The host of the function of `on()` that runs. */
export const insideOn = new AsyncLocalStorage<string>()

const failures = new WeakMap<object, readonly RecordedFailure[]>()

/** The error of an invoked task, with what went wrong in it. */
export const withFailures = <E extends Error>(error: E, all: readonly RecordedFailure[]): E => {
  failures.set(error, all)
  return error
}

/** What went wrong in an invoked task, if this is its error: it is reported as such, unless code handles the error. */
export const invokedFailures = (error: unknown): readonly RecordedFailure[] | undefined =>
  typeof error === 'object' && error !== null ? failures.get(error) : undefined
