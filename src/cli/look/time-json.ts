/** Seconds since the epoch as ISO 8601, UTC; null if it is no time. */
export const timeJson = (seconds: number): string | null =>
  seconds > 0 && seconds < 8.64e12 ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : null
