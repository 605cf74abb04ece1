const openWaits = new Map<symbol, string>()
let onSlowWait: ((what: string, seconds: number) => void) | undefined

/** A wait for the user's code is reported after this many milliseconds. */
const SLOW_MS = 5000

/**
 * Waits for a promise of the user's code under a name. Node exits with code 0 when nothing is left that could settle a promise;
 * {@link waitingFor} then names it. `quiet`: a long wait is not reported.
 */
export const waiting = async <T>(what: string, promise: Promise<T> | T, { quiet = false } = {}): Promise<T> => {
  const key = Symbol(what)
  openWaits.set(key, what)
  const timer = setTimeout(() => !quiet && onSlowWait?.(what, SLOW_MS / 1000), SLOW_MS)
  // must not keep a process alive that has nothing else to wait for
  timer.unref()
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    openWaits.delete(key)
  }
}

/** The names of the open waits, oldest first. */
export const waitingFor = (): readonly string[] => [...new Set(openWaits.values())]

/** Calls back for each long wait. */
export const onSlow = (then: typeof onSlowWait): void => {
  onSlowWait = then
}
