import { isUnexpectedPromise } from '../values/promise.ts'
import { usageError } from '../values/errors.ts'
import { hostNames } from '../values/host-names.ts'
import { didYouMean } from '../values/nearest.ts'
import type { Host, Selector } from './types.ts'

/**
 * The hosts that a selector matches, in inventory order. No selector means every release host; `'local'` means none of them.
 * `among`: the hosts that filters left. The primary is chosen before filtering, so that `--hosts a2` does not make a second primary.
 * Throws if the selector is `required` and matches nothing.
 */
export const select = (hosts: readonly Host[], selector: Selector = 'release', among: readonly Host[] = hosts): readonly Host[] => {
  const plain = typeof selector === 'string' || isRoles(selector)
  const { roles = 'release', primary, where, except = [], required } = plain ? { roles: selector } : selector
  if (roles === 'local') return []
  let chosen = hosts.filter(
    (host) => matches(host, roles) && !except.some((role) => isExcluded(host, role)) && (where === undefined || satisfies(host, where)),
  )
  if (primary) chosen = chosen.slice(0, 0).concat(primaryOf(chosen) ?? [])
  if (among !== hosts) chosen = chosen.filter((host) => among.includes(host))
  if (required && chosen.length === 0) throw requiredError(hosts, selector, among)
  return chosen
}

/** Accepts only true and false: a promise, or a var that the host does not have, would select every host, or none. */
const satisfies = (host: Host, where: (host: Host) => unknown): boolean => {
  const answer = where(host)
  if (typeof answer === 'boolean') return answer
  const what = isUnexpectedPromise(answer) ? 'a promise' : String(JSON.stringify(answer))
  throw usageError(`where returned ${what} for ${host.name}: it must return true or false, and cannot be async`, {
    hint: 'compare what the host has: where: (host) => host.vars.cron === true',
  })
}

/** The host for work that only one host does: the one with `primary: true`, or else the first. */
export const primaryOf = (hosts: readonly Host[]): Host | undefined => hosts.find((host) => host.primary) ?? hosts[0]

/** Every role that a host plays, in order of first mention; empty if no server names a role. */
export const rolesOf = (hosts: readonly Host[]): readonly string[] => [
  ...new Set(hosts.flatMap((host) => (hasEveryRole(host) ? [] : host.roles))),
]

/** Whether a host is listed without roles, and so plays all of them. */
export const hasEveryRole = (host: Host): boolean => host.roles.length === 1 && host.roles[0] === 'all'

const isRoles = (selector: Selector): selector is readonly string[] => Array.isArray(selector)

const matches = (host: Host, roles: string | readonly string[]): boolean => {
  if (roles === 'all') return true
  if (roles === 'release') return host.release
  return typeof roles === 'string' ? host.has(roles) : roles.some((role) => matches(host, role))
}

// "all hosts except the databases" must not lose the one server that does everything
const isExcluded = (host: Host, role: string): boolean => !hasEveryRole(host) && host.has(role)

/**
 * Why a selector matches none of the hosts that the filters left, if the reason is not a missing role: its `where` is false for all
 * that have the role, or they have a role that `except` names. Undefined if that is not the reason.
 */
export const whyNoMatch = (hosts: readonly Host[], selector: Selector = 'release', among: readonly Host[] = hosts): string | undefined => {
  if (typeof selector === 'string' || isRoles(selector)) return undefined
  const { roles = 'release', where, except = [] } = selector
  const withRole = hosts.filter((host) => matches(host, roles) && among.includes(host))
  const remaining = withRole.filter((host) => !except.some((role) => isExcluded(host, role)))
  const every = (some: readonly Host[]) =>
    `every host ${withRoles(roles)}${among.length < hosts.length ? ' that the filters left' : ''}: ${namesOf(some)}`
  if (withRole.length > 0 && remaining.length === 0) return `\`except\` leaves out ${every(withRole)}`
  if (remaining.length > 0 && where !== undefined && !remaining.some((host) => satisfies(host, where)))
    return `its \`where\` is false for ${every(remaining)}`
  return undefined
}

const withRoles = (roles: string | readonly string[]): string =>
  roles === 'all' ? 'of the stage' : roles === 'release' ? 'that gets releases' : `with the role ${[roles].flat().join(' or ')}`

const namesOf = (hosts: readonly Host[]): string =>
  hostNames(
    hosts.map(({ name }) => name),
    { most: 12, longer: 'first' },
  )

/** The error for `required`. */
const requiredError = (hosts: readonly Host[], selector: Selector, among: readonly Host[]) => {
  const why = whyNoMatch(hosts, selector, among)
  if (why !== undefined) return usageError(`no host is left, but one is required: ${why}`)
  const { roles = 'release' } = selector as Exclude<Selector, string | readonly string[]>
  const roleNames = [roles].flat()
  const quoted = roleNames.map((role) => `"${role}"`).join(', ')
  const filtered = hosts.filter((host) => matches(host, roles) && !among.includes(host))
  if (filtered.length > 0) return usageError(`no host for ${quoted} is left by the filters`, { hint: `it is for ${namesOf(filtered)}` })
  const known = rolesOf(hosts)
  const near = roleNames.length === 1 ? didYouMean(roleNames[0]!, known) : ''
  return usageError(`no host for ${quoted}${near}`, {
    hint: known.length === 0 ? 'no server of this stage has roles' : `the roles of this stage are ${known.join(', ')}`,
  })
}
