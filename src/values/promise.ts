/** Whether a value of the user's code is a promise of any library: anything with a `then` method. */
export const isPromise = (value: unknown): value is Promise<unknown> => typeof (value as Promise<unknown> | undefined)?.then === 'function'

/** The same where no promise may be. If it rejected later, nothing would await it, and Node would end the process. */
export const isUnexpectedPromise = (value: unknown): boolean => {
  if (!isPromise(value)) return false
  value.then(undefined, () => undefined)
  return true
}
