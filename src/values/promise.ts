/** Whether a value of the user's code is a promise of any library: anything with a `then` method. */
export const isPromise = (value: unknown): value is Promise<unknown> => typeof (value as Promise<unknown> | undefined)?.then === 'function'
