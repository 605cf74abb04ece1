/** Whether a value of the user's code is a promise, of whatever library: anything with `then`. */
export const isPromise = (value: unknown): value is Promise<unknown> => typeof (value as Promise<unknown> | undefined)?.then === 'function'
