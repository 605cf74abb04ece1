import { oneLine } from '../redact/clean.ts'
import { fold } from '../values/fold.ts'
import { hostNames } from '../values/host-names.ts'

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

/** How many hosts the largest group has. */
export const largestOf = (groups: readonly Pick<HostGroup<unknown>, 'hosts'>[]): number =>
  Math.max(0, ...groups.map(({ hosts }) => hosts.length))

/** How many names are listed before they are counted. */
const FEW = 4

/** The hosts of a group. The largest one of more than four is only counted, because the others name the hosts that differ. */
export const groupNames = (hosts: readonly string[], largest: number): string =>
  hostNames(
    hosts.map((host) => oneLine(host)),
    { most: hosts.length === largest ? FEW : Infinity },
  )
