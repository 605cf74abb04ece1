import type { Duration } from '../../../src/index.ts'

const UNIT = { ms: 0.001, s: 1, m: 60, h: 3600 } as const

/** A duration that the schema has validated, in seconds. */
export const seconds = (duration: Duration): number => {
  if (typeof duration === 'number') return duration / 1000
  const [, number = '0', unit = 's'] = /^([\d.]+)(ms|s|m|h)$/.exec(duration) ?? []
  return Number(number) * UNIT[unit as keyof typeof UNIT]
}
