/** `2026-11-30 03:23:11`, `2026-11-30T03:23:11.123456+0100`, with a comma, with a blank before the zone: Rails, journalctl -o short-iso, most others. */
const ISO = /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?/
/** `[30/Nov/2026:03:23:11 +0100]`: the access logs of nginx and Apache */
const ACCESS = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]/
/** `2026/11/30 03:23:11`: the error log of nginx */
const SLASHES = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)/
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
/** A time that belongs to the line is near its start. */
const NEAR = 240

/**
 * The time in a line of a log, in ms since the epoch; undefined if it has none. `zone`: minutes east of UTC on the host, for a time that
 * names no zone.
 */
export const lineTime = (line: string, zone: number): number | undefined => {
  const start = line.slice(0, NEAR)
  const iso = ISO.exec(start)
  if (iso) {
    const [, year, month, day, hour, minute, second, fraction = '', offset] = iso
    return at([year, month, day, hour, minute, second], offset, zone) + Number(`0.${fraction || 0}`) * 1000
  }
  const access = ACCESS.exec(start)
  if (access) {
    const [, day, name = '', year, hour, minute, second, offset] = access
    return at([year, `${MONTHS.indexOf(name) / 3 + 1}`, day, hour, minute, second], offset, zone)
  }
  const [, ...parts] = SLASHES.exec(start) ?? []
  return parts.length === 0 ? undefined : at(parts, undefined, zone)
}

const at = (parts: readonly (string | undefined)[], offset: string | undefined, zone: number): number => {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second) - minutesOf(offset, zone) * 60_000
}

/** `+0130` as minutes. */
const minutesOf = (offset: string | undefined, without: number): number => {
  if (offset === undefined) return without
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(offset) ?? []
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
