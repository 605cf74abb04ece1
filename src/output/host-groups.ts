import { oneLine } from '../redact/clean.ts'
import { fold } from '../values/fold.ts'
import { hostNames } from '../values/host-names.ts'
import { inHostOrder } from '../values/host-order.ts'

/** Hosts about which the same is shown. */
export interface HostGroup<T> {
  readonly hosts: readonly string[]
  readonly of: T
}

/** Hosts about which the same is shown, in the order of the first of each group. */
export const groupHosts = <T>(
  rows: Iterable<{ readonly host: string; readonly of: T }>,
  same: (of: T) => unknown,
): readonly HostGroup<T>[] =>
  fold(rows, ({ of }) => same(of)).map((group) => ({ hosts: [...new Set(group.map(({ host }) => host))], of: group[0].of }))

const inOrder = (hosts: readonly string[], all: readonly string[] | undefined): readonly string[] => inHostOrder(hosts, (host) => host, all)

/** How many hosts the largest group has. */
export const largestOf = (groups: readonly Pick<HostGroup<unknown>, 'hosts'>[]): number =>
  Math.max(0, ...groups.map(({ hosts }) => hosts.length))

/** How many names are listed before they are counted. */
export const FEW = 4

/** The hosts of a group. The largest one of more than four is only counted, because the others name the hosts that differ. */
export const groupNames = (hosts: readonly string[], largest: number): string =>
  hostNames(
    hosts.map((host) => oneLine(host)),
    { most: hosts.length === largest ? FEW : Infinity },
  )

/** The beginning of a line that is about several hosts. */
export interface GroupLabel {
  /** their names, or of more than four their number */
  readonly label: string
  /** which ones are counted, where they are not all: `all but web7`, or every name; else '' */
  readonly which: string
}

/** Hosts in a sentence, so that none is in doubt: `a1, a2`, `50 hosts`, `49 hosts (all but web7)`. `all`: undefined if that is not known. */
export const hostsInText = (hosts: readonly string[], all: readonly string[] | undefined): string => {
  const names = hostNames(inOrder(hosts, all).map((host) => oneLine(host)))
  if (all === undefined || hosts.length <= FEW) return names
  const { label, which } = groupLabel(hosts, all)
  return which === '' ? label : which === names ? names : `${label} (${which})`
}

/** Names hosts so that none is in doubt. `all`: those that it could have been about. */
export const groupLabel = (hosts: readonly string[], all: readonly string[]): GroupLabel => {
  const names = inOrder(hosts, all).map((host) => oneLine(host))
  const label = hostNames(names, { most: FEW })
  if (hosts.length <= FEW) return { label, which: '' }
  const others = all.filter((host) => !hosts.includes(host)).map((host) => oneLine(host))
  if (others.length === 0) return { label, which: '' }
  return { label, which: others.length <= FEW && others.length < names.length ? `all but ${others.join(', ')}` : names.join(', ') }
}
