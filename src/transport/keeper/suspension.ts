/** Notices that this process was suspended: a laptop was closed, or somebody typed Ctrl-Z. */
export interface SuspensionWatch {
  /** Call this at regular intervals. */
  beat(): void
  /** For how many milliseconds it was recently suspended; undefined if it was not. */
  suspended(): number | undefined
}

/** For how many milliseconds a suspension explains what follows it. */
const RECENT = 60_000

/**
 * `gap`: how many milliseconds between two beats count as a suspension. Uses the wall clock, because the monotonic clock stops too
 * (clock_gettime(2)).
 */
export const watchSuspension = (gap: number, now: () => number = Date.now): SuspensionWatch => {
  let last = now()
  let long: { readonly ms: number; readonly until: number } | undefined
  const look = (): void => {
    const at = now()
    if (at - last >= gap) long = { ms: at - last, until: at + RECENT }
    last = at
  }
  return {
    beat: look,
    suspended: () => {
      look()
      return long !== undefined && now() <= long.until ? long.ms : undefined
    },
  }
}
