import { makeHosts, RESERVED_ROLES, type Servers } from './hosts.ts'
import { hasEveryRole, rolesOf } from './select.ts'
import type { Host, Selector } from './types.ts'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'

/** The roles that hosts of any stage play. */
export interface PlayedRoles {
  readonly roles: readonly string[]
  /** the hosts of some stage are not known until it is chosen: they may play any role */
  readonly open: boolean
  /** some host is listed without roles, so it plays all of them */
  readonly every: boolean
  /** the config declares its roles, and its tasks were checked against them */
  readonly closed: boolean
}

interface StageLike {
  readonly servers?: Servers | ((...given: never[]) => unknown)
}

/** The roles in the stages of a config. `declared`: those of `roles`, which closes the set; `known`: hosts that were fetched. */
export const playedRoles = (
  stages: readonly unknown[],
  declared: readonly string[] | undefined,
  known: readonly Host[] = [],
): PlayedRoles => {
  const roles = new Set([...(declared ?? []), ...rolesOf(known)])
  let [open, every] = [false, false]
  for (const stage of stages) {
    const servers = typeof stage === 'object' && stage !== null ? (stage as StageLike).servers : undefined
    if (typeof servers !== 'object' || servers === null) {
      open = true
      continue
    }
    const { hosts } = makeHosts(servers)
    if (!Array.isArray(servers)) for (const role of Object.keys(servers)) roles.add(role)
    for (const role of rolesOf(hosts)) roles.add(role)
    every ||= hosts.some(hasEveryRole)
  }
  return { roles: [...roles], open: open && declared === undefined, every, closed: declared !== undefined }
}

/** The roles that a selector names, including those that it excludes. */
export const rolesInSelector = (selector: Selector | undefined): readonly string[] => {
  if (selector === undefined) return []
  const plain = typeof selector === 'string' || Array.isArray(selector)
  const { roles = [], except = [] } = plain ? { roles: selector } : (selector as Exclude<Selector, string | readonly string[]>)
  return [roles, except].flat().filter((role) => !RESERVED_ROLES.includes(role))
}

/** Returns the selector if each of its roles is played in some stage. Otherwise throws (usage), with the nearest name. */
export const checkRoles = (selector: Selector, played: PlayedRoles | undefined, what: string): Selector => {
  const wrong = played && rolesInSelector(selector).flatMap((role) => unplayedRoleProblem(role, played) ?? [])[0]
  if (wrong !== undefined) throw usageError(`${what}: ${wrong}`)
  return selector
}

/** The mistake in a role that no host of any stage plays; undefined if a host plays it or may play it. */
export const unplayedRoleProblem = (role: string, { roles, open, every }: PlayedRoles): string | undefined => {
  if (open || roles.includes(role)) return undefined
  const near = didYouMean(role, roles)
  // a host without roles plays this one too, unless the role is a typo
  if (every && near === '') return undefined
  const among = roles.length === 0 ? 'no server names any role' : `the roles are ${roles.join(', ')}`
  return `no host of any stage has the role "${role}"${near}: ${among}`
}
