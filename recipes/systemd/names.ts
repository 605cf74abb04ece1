import type { Claim } from '../../src/index.ts'
import type { ScopeSettings } from './scope.ts'

/** Escapes as `systemd-escape --mangle` does: bytes that a unit name cannot have become \xNN; dashes, dots and @ stay. */
export const escapeUnit = (name: string): string =>
  Array.from(new TextEncoder().encode(name), (byte) => {
    const char = String.fromCharCode(byte)
    return /[\w:.\\@-]/.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`
  }).join('')

/** The full name of a unit, as systemctl derives it from what you type: `web` becomes `web.service`, `web.socket` stays. */
export const mangleUnit = (name: string): string => (SUFFIX.test(name) ? escapeUnit(name) : `${escapeUnit(name)}.service`)

/** Why something cannot be a unit's name, or undefined. */
export const badUnit = (name: string): string | undefined => {
  if (name.replace(SUFFIX, '') === '') return 'is empty'
  if (name.includes('/')) return 'has a slash, which no unit name may have'
  if (/[*?[\]]/.test(name)) return 'has a wildcard, which systemctl would match against running units only'
  if (/^[-.@]/.test(name)) return `begins with "${name[0]}", which systemctl would not read as a unit's name`
  if (/@(\.|$)/.test(name.replace(SUFFIX, ''))) return 'is a template: name an instance of it, NAME@INSTANCE'
  // UNIT_NAME_MAX of systemd: 256 with the final NUL
  if (mangleUnit(name).length > 255) return 'is longer than systemd allows (255)'
  return undefined
}

const SUFFIX = /\.(service|socket|target|timer|path|slice|scope|mount|device|automount|swap)$/

/** The file of a unit; for an instance, that of its template. */
export const unitFileOf = (name: string): string => name.replace(/@[^@]*\.service$/, '@.service')

/** Claims a unit for one use of a recipe on a host. Units of the same name in different systemds are different units. */
export const unitClaim = (
  { serviceUnitUser, user }: Pick<ScopeSettings, 'serviceUnitUser' | 'user'>,
  host: { readonly user: string | undefined },
  name: string,
  by?: string,
): Claim => ({
  what:
    serviceUnitUser === 'system' ? `${name} of the host's systemd` : `${name} of ${user ?? host.user ?? 'the deploy user'}'s own systemd`,
  ...(by === undefined ? {} : { by }),
})
