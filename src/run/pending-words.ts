import type { Commits } from '../facts/commit-range.ts'
import { count } from '../values/count.ts'
import type { StagePending } from './pending-types.ts'

/** Who wrote these commits, with their numbers: `Grace Hopper (2), Ada Lovelace`. Of many, the first four. */
export const authorsIn = ({ newest }: Commits): string => {
  const authors = [...Map.groupBy(newest, ({ author }) => author)]
    .map(([author, all]) => ({ author, n: all.length }))
    .sort((a, b) => b.n - a.n)
  const names = authors.slice(0, FEW).map(({ author, n }) => (n === 1 ? author : `${author} (${n})`))
  const more = authors.length - FEW
  return [...names, ...(more > 0 ? [`${count(more, 'other')}`] : [])].join(', ')
}
const FEW = 4

/** The result in one line. */
export const pendingHeadline = ({ groups, revision, unread, branch }: Omit<StagePending, 'headline'>): string => {
  if (revision === undefined) return `it is not known which commit ${branch} is`
  const gaps = unread.length === 0 ? '' : `; ${count(unread.length, 'host')} could not be read`
  if (groups.every(({ first }) => first)) return `nothing is live yet: a deploy would be the first, of ${revision.slice(0, 7)}${gaps}`
  const known = groups.flatMap(({ range }) => range ?? [])
  if (known.length === 0) return `how many commits are pending is not known${gaps}`
  const most = known.reduce((a, b) => (b.added.count > a.added.count ? b : a))
  const removed = Math.max(...known.map((range) => range.removed.count))
  const added = most.added.count
  const back = removed === 0 ? '' : `; ${count(removed, 'live commit')} would go`
  if (added === 0) return `${removed === 0 ? `nothing is pending: ${revision.slice(0, 7)} is live` : `no commit is pending${back}`}${gaps}`
  return `${count(added, 'commit')} pending, by ${authorsIn(most.added)}${back}${gaps}`
}
