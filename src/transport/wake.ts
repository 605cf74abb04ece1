/** Notices when this process did not run: a laptop was closed, or somebody typed Ctrl-Z. */
export interface Wake {
  /** Call this at regular intervals. */
  beat(): void
  /** For how many milliseconds it recently did not run; undefined if it ran. */
  slept(): number | undefined
}

/** How long a sleep explains what follows it, in milliseconds. */
const RECENT = 60_000

/**
 * `gap`: the milliseconds between two beats that count as a sleep. Uses the wall clock, because the monotonic clock sleeps too
 * (clock_gettime(2)).
 */
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
