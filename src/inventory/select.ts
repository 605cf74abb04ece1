import { isPromise } from '../values/promise.ts'
import { usageError } from '../values/errors.ts'
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
    (host) => matches(host, roles) && !except.some((role) => plays(host, role)) && (where === undefined || fits(host, where)),
  )
  if (primary) chosen = chosen.slice(0, 0).concat(primaryOf(chosen) ?? [])
  if (among !== hosts) chosen = chosen.filter((host) => among.includes(host))
  if (required && chosen.length === 0) throw nobody(hosts, roles)
  return chosen
}

/** Accepts only true and false: a promise, or a var that the host does not have, would select every host, or none. */
const fits = (host: Host, where: (host: Host) => unknown): boolean => {
  const answer = where(host)
  if (typeof answer === 'boolean') return answer
  const what = isPromise(answer) ? 'a promise' : String(JSON.stringify(answer))
  throw usageError(`where returned ${what} for ${host.name}: it must return true or false, and cannot be async`, {
    hint: 'compare what the host has: where: (host) => host.vars.cron === true',
  })
}

/** The host for work that only one host does: the one with `primary: true`, or else the first. */
export const primaryOf = (hosts: readonly Host[]): Host | undefined => hosts.find((host) => host.primary) ?? hosts[0]

/** Every role that a host plays, in order of first mention; empty if no server names a role. */
export const rolesOf = (hosts: readonly Host[]): readonly string[] => [
  ...new Set(hosts.flatMap((host) => (playsAll(host) ? [] : host.roles))),
]

/** Whether a host is listed without roles, and so plays all of them. */
export const playsAll = (host: Host): boolean => host.roles.length === 1 && host.roles[0] === 'all'

const isRoles = (selector: Selector): selector is readonly string[] => Array.isArray(selector)

const matches = (host: Host, roles: string | readonly string[]): boolean => {
  if (roles === 'all') return true
  if (roles === 'release') return host.release
  return typeof roles === 'string' ? host.has(roles) : roles.some((role) => matches(host, role))
}

// "all hosts except the databases" must not lose the one server that does everything
const plays = (host: Host, role: string): boolean => !playsAll(host) && host.has(role)

const nobody = (hosts: readonly Host[], roles: string | readonly string[]) => {
  const wanted = [roles].flat()
  const known = rolesOf(hosts)
  const near = wanted.length === 1 ? didYouMean(wanted[0]!, known) : ''
  return usageError(`no host for ${wanted.map((role) => `"${role}"`).join(', ')}${near}`, {
    hint: known.length === 0 ? 'no server of this stage names a role' : `the roles of this stage are ${known.join(', ')}`,
  })
}
