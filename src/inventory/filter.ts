import { usageError } from '../values/errors.ts'
import { hostNames } from '../values/host-names.ts'
import { didYouMean } from '../values/nearest.ts'
import { hasEveryRole, rolesOf } from './select.ts'
import type { Host } from './types.ts'

/** As typed: comma-separated lists. Each item is an exact name or `/a regular expression/`. */
export interface Filter {
  readonly hosts?: string | readonly string[] | undefined
  readonly roles?: string | readonly string[] | undefined
}

/**
 * The hosts that `--hosts` and `--roles` leave. Items of one filter add up; a host must match both filters.
 * The exact name of a host is its name in output, or its address. Throws (usage) if an item matches no host, and if no host is left.
 */
export const filterHosts = (hosts: readonly Host[], filter: Filter): readonly Host[] => {
  const byHost = selectBy(
    hosts,
    '--hosts',
    filter.hosts,
    (host) => [host.name, host.address],
    (host) => host.name,
  )
  const byRole = selectBy(
    hosts,
    '--roles',
    filter.roles,
    (host) => host.roles,
    () => undefined,
  )
  const remaining = hosts.filter((host) => byHost.has(host) && byRole.has(host))
  if (remaining.length > 0 || hosts.length === 0) return remaining
  throw usageError(`no host matches --hosts ${flagText(filter.hosts)} and --roles ${flagText(filter.roles)} together`, {
    hint: `${[...byHost].map((host) => `${host.name} is ${host.roles.join(', ')}`).join('; ')}`,
  })
}

type NamesOf = (host: Host) => readonly string[]

const selectBy = (
  hosts: readonly Host[],
  flag: string,
  given: Filter['hosts'],
  names: NamesOf,
  label: (host: Host) => string | undefined,
) => {
  if (given === undefined) return new Set(hosts)
  const items = [given].flat().flatMap(splitItems)
  if (items.length === 0)
    throw usageError(`${flag} names nothing`, { hint: `${flag} takes names, separated by commas, or /a regular expression/` })
  const chosen = new Set<Host>()
  for (const item of items) {
    const test = matcherOf(flag, item)
    const matchingNames = hosts.filter((host) => names(host).some(test))
    // a host without roles plays this one too, unless the role is a typo
    const isTypo = matchingNames.length === 0 && didYouMean(item, rolesOf(hosts)) !== ''
    const matching =
      flag !== '--roles' || isTypo ? matchingNames : hosts.filter((host) => matchingNames.includes(host) || hasEveryRole(host))
    if (matching.length === 0) throw noMatchError(hosts, flag, item, label)
    for (const host of matching) chosen.add(host)
  }
  return chosen
}

const matcherOf = (flag: string, item: string): ((name: string) => boolean) => {
  const pattern = /^\/(.*)\/(i?)$/s.exec(item)
  if (!pattern) return (name) => name === item
  try {
    const regex = new RegExp(pattern[1]!, `u${pattern[2]!}`)
    return (name) => regex.test(name)
  } catch (error) {
    throw usageError(
      `${flag} ${item} is not a regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`,
    )
  }
}

/** Commas separate, but not inside `/…/`. */
const splitItems = (typed: string): string[] =>
  (typed.match(/\s*\/(?:\\.|[^\\/])*\/i?(?=\s*(?:,|$))|[^,]+/gs) ?? []).map((item) => item.trim()).filter((item) => item !== '')

const noMatchError = (hosts: readonly Host[], flag: string, item: string, label: (host: Host) => string | undefined) => {
  const names = flag === '--roles' ? rolesOf(hosts) : hosts.map((host) => label(host) ?? host.name)
  const what = flag === '--roles' ? 'role' : 'host'
  const few = hostNames(names, { most: 12, longer: 'first' })
  return usageError(`${flag} ${item} matches no host${didYouMean(item, names)}`, {
    hint: names.length === 0 ? undefined : names.length === 1 ? `the only ${what} is ${few}` : `the ${what}s are ${few}`,
  })
}

const flagText = (given: Filter['hosts']): string => [given ?? []].flat().join(',')
