import type { Paint } from '../../output/colours.ts'
import { SYMBOL } from '../../output/format.ts'
import { oneLine } from '../../redact/clean.ts'
import { count } from '../../values/count.ts'
import { wrap } from '../../values/width.ts'

/** How many names are listed before they are counted. */
const FEW = 4

/**
 * The hosts of a row, in lines of at most `columns` columns. The largest group of more than four is only counted, because the others name
 * the hosts that differ.
 */
export const hostNames = (hosts: readonly string[], largest: number, columns: number): string =>
  hosts.length > FEW && hosts.length === largest
    ? count(hosts.length, 'host')
    : wrap(hosts.map((host) => oneLine(host)).join(', '), columns).join('\n')

export interface Group<T> {
  readonly hosts: readonly string[]
  readonly of: T
}

/** Hosts about which the same is shown, in the order of the first of each group. */
export const groupHosts = <T>(rows: readonly { readonly host: string; readonly of: T }[], key: (of: T) => unknown): readonly Group<T>[] =>
  [...Map.groupBy(rows, ({ of }) => JSON.stringify(key(of))).values()].map((group) => ({
    hosts: [...new Set(group.map(({ host }) => host))],
    of: group[0]!.of,
  }))

/** How many hosts the largest group has. */
export const largestOf = (groups: readonly Pick<Group<unknown>, 'hosts'>[]): number =>
  Math.max(0, ...groups.map(({ hosts }) => hosts.length))

/** Names the hosts that could not be read, if there are any. */
export const unreadLines = (hosts: readonly string[], paint: Paint): string[] =>
  hosts.length === 0 ? [] : [paint.yellow(`${SYMBOL.warn} not read: ${hosts.map((host) => oneLine(host)).join(', ')}`)]
