/** Whether this process ran all the time: a laptop may have been closed, or somebody typed Ctrl-Z. */
export interface Wake {
  /** To be called in regular intervals. */
  beat(): void
  /** For how many milliseconds it did not run, not long ago; undefined where it did. */
  slept(): number | undefined
}

/** How long a sleep explains what is found after it, in milliseconds. */
const RECENT = 60_000

/** `gap`: milliseconds between two beats from which on it is a sleep. By the wall clock, for the other one sleeps too (clock_gettime(2)). */
export const wake = (gap: number, now: () => number = Date.now): Wake => {
  let last = now()
  let long: { readonly ms: number; readonly until: number } | undefined
  const look = (): void => {
    const at = now()
    if (at - last >= gap) long = { ms: at - last, until: at + RECENT }
    last = at
  }
  return {
    beat: look,
    slept: () => {
      look()
      return long !== undefined && now() <= long.until ? long.ms : undefined
    },
  }
}
