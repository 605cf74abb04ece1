import { table } from '../../output/aligned-table.ts'
import type { Paint } from '../../output/colours.ts'
import { SYMBOL } from '../../output/format.ts'
import { groupHosts, groupNames, largestOf } from '../../output/host-groups.ts'
import { oneLine } from '../../redact/clean.ts'
import type { ReleaseRow, StageReleases } from '../../run/releases.ts'
import { ageText } from '../../values/duration.ts'
import { cut, wrap } from '../../values/width.ts'
import { unreadLines } from './unread-lines.ts'

/** `shipit STAGE releases` as lines of at most `columns` columns, as far as the names of the hosts allow. */
export const releasesLines = ({ releases, unread, headline }: StageReleases, columns: number, paint: Paint): string[] => {
  const head = ['release', 'state', 'commit', 'age', 'author', 'subject'].map((word) => paint.dim(word))
  const rows = releases.flatMap((row) => {
    const states = stateLines(row, columns, paint)
    const cells = [
      row.release,
      states.length === 1 ? states[0]! : paint.yellow('differs'),
      row.revision?.slice(0, 7) ?? '-',
      row.age === undefined ? '-' : ageText(row.age),
      cut(oneLine(row.commit?.author ?? '-'), 14),
      oneLine(row.commit?.subject ?? '-'),
    ]
    return [cells, ...(states.length === 1 ? [] : states.map((line) => [`  ${line}`]))]
  })
  return [
    ...(rows.length === 0 ? [] : [...table([head, ...rows], '  ').map((line) => cut(line, columns)), '']),
    ...unreadLines(unread, paint),
    unread.length === 0 ? paint.green(`${SYMBOL.ok} ${headline}`) : paint.yellow(`${SYMBOL.warn} ${headline}`),
  ]
}

/** `good, live`; where hosts do not agree, lines for each state, with its hosts. */
const stateLines = ({ on }: ReleaseRow, columns: number, paint: Paint): string[] => {
  const groups = groupHosts(
    on.map((one) => ({ host: one.host, of: one })),
    ({ state, live }) => [state, live],
  )
  const largest = largestOf(groups)
  return groups.flatMap(({ hosts, of: { state, live } }) => {
    const words = live ? `${state}, live` : state
    const shown = state === 'good' ? (live ? paint.green(words) : words) : live ? paint.yellow(words) : paint.dim(words)
    if (groups.length === 1) return [shown]
    const [first = '', ...more] = wrap(groupNames(hosts, largest), columns - words.length - 8)
    return [`${shown} on ${first}`, ...more.map((line) => `  ${line}`)]
  })
}

/** `shipit STAGE releases --json`: docs/commands.md describes it. What is not known is null. */
export const releasesJson = ({ application, stage, unread, releases, rollback }: StageReleases): object => ({
  application,
  stage,
  unread,
  rollback: rollback ?? null,
  releases: releases.map(({ release, revision, commit, branch, by, age, on }) => ({
    release,
    commit: revision ?? null,
    subject: commit?.subject ?? null,
    author: commit?.author ?? null,
    branch: branch ?? null,
    by: by ?? null,
    seconds: age ?? null,
    hosts: on,
  })),
})
