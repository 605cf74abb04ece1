import type { Paint } from '../../output/colours.ts'
import { hostList, SYMBOL } from '../../output/format.ts'

/** Names the hosts that could not be read, if there are any. */
export const unreadLines = (hosts: readonly string[], paint: Paint): string[] =>
  hosts.length === 0 ? [] : [paint.yellow(`${SYMBOL.warn} not read: ${hostList(hosts, Infinity)}`)]
