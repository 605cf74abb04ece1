import { count } from './count.ts'
import { width } from './width.ts'

export interface NameLimits {
  /** how many names are listed at most */
  readonly most?: number
  /** how many columns the list takes at most; the shortest one, `12 hosts`, may take more */
  readonly columns?: number
  /** what becomes of a list that is too long: `12 hosts`, `a1 … a12`, or the names that have room: `a1, a2 and 10 more` */
  readonly longer?: 'count' | 'ends' | 'first'
}

/** Names hosts in a line: `a1, a2, a3`. Beyond the limits, the list is shortened; what a shorter form has no room for either is a count. */
export const hostNames = (hosts: readonly string[], { most = Infinity, columns = Infinity, longer = 'count' }: NameLimits = {}): string => {
  const all = hosts.join(', ')
  if (hosts.length <= most && width(all) <= columns) return all
  const fits = (text: string): boolean => width(text) <= columns
  if (longer === 'ends' && hosts.length > 1) {
    const ends = `${hosts[0]} … ${hosts.at(-1)}`
    if (fits(ends)) return ends
  }
  if (longer === 'first')
    for (let n = Math.min(most, hosts.length - 1); n > 0; n--) {
      const some = `${hosts.slice(0, n).join(', ')} and ${hosts.length - n} more`
      if (fits(some)) return some
    }
  return count(hosts.length, 'host')
}
