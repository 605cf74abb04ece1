import { count } from './count.ts'

/** Milliseconds as a number, or `'250ms'`, `'5s'`, `'10m'`, `'1h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

const UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** A duration in milliseconds. Throws a TypeError if it is invalid or negative. */
export const milliseconds = (duration: Duration): number => {
  if (typeof duration === 'number' && Number.isFinite(duration) && duration >= 0) return duration
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(String(duration))
  if (!match) throw new TypeError(`not a duration: ${JSON.stringify(duration)} (write 500, '500ms', '5s', '10m' or '1h')`)
  return Number(match[1]) * UNIT[match[2] as keyof typeof UNIT]
}

/** A duration to display: `850ms`, `4.2s`, `3m 05s`, `6h 00m`. */
export const humanTime = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)}h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}m`
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`
}

/** An age to display, in one unit: `45 s`, `12 min`, `3 h`, `8 d`. */
export const ageText = (seconds: number): string => {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

/** Whole seconds to display, in the unit that fits: `5s`, `2m`, `1h`. */
export const wholeTime = (seconds: number): string => {
  if (seconds === 0 || seconds % 60 !== 0) return `${seconds}s`
  return seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds / 60}m`
}

/** A time to display, to the second: `2026-11-22 14:12:00 UTC`. undefined if it is not after 1970 or does not fit in a Date. */
export const utc = (msSinceEpoch: number): string | undefined =>
  msSinceEpoch > 0 && msSinceEpoch <= 8.64e15 ? `${new Date(msSinceEpoch).toISOString().replace('T', ' ').slice(0, 19)} UTC` : undefined

/** How long ago a time is, in words: `60 seconds`, `5 minutes`, `3 hours`, `4 days`. */
export const age = (now: Date, since: Date): string => {
  const seconds = Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000))
  if (seconds < 120) return count(seconds, 'second')
  const minutes = Math.round(seconds / 60)
  const hours = Math.round(minutes / 60)
  return minutes < 120 ? `${minutes} minutes` : hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}
