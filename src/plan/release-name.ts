import type { HostRead } from './types.ts'

/** The name of a new release: now, or one second after the newest one on any host if that is later (clocks and operators differ). */
export const newReleaseName = (now: Date, reads: Iterable<HostRead>): string => {
  const names = [...reads]
    .flatMap(({ layout }) => layout.releases.map((release) => release.name))
    .filter(isTimestamp)
    .sort()
  const newest = names.at(-1)
  const name = timestamp(now)
  return newest === undefined || name > newest ? name : timestamp(new Date(parse(newest) + 1000))
}

/** Digits that are not a date come from another tool. */
const isTimestamp = (name: string): boolean => timestamp(new Date(parse(name))) === name

const timestamp = (date: Date): string => date.toISOString().replace(/\D/g, '').slice(0, 14)

const parse = (name: string): number => {
  const part = (from: number, to: number) => Number(name.slice(from, to))
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14))
}
