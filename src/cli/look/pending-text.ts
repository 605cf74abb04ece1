import { table } from '../../output/aligned-table.ts'
import type { Paint } from '../../output/colours.ts'
import { SYMBOL } from '../../output/format.ts'
import { groupNames, largestOf } from '../../output/host-groups.ts'
import { cleanText, oneLine } from '../../redact/clean.ts'
import type { PendingGroup, StagePending } from '../../run/pending-types.ts'
import { count } from '../../values/count.ts'
import { ageText } from '../../values/duration.ts'
import { cut, wrap } from '../../values/width.ts'
import { timeJson } from './time-json.ts'
import { unreadLines } from './unread-lines.ts'

/** `shipit STAGE pending` as lines of at most `columns` columns; lines of a diff are not cut. */
export const pendingLines = (pending: StagePending, columns: number, paint: Paint): string[] => {
  const { groups, unpushed, unread, headline, revision } = pending
  const largest = largestOf(groups)
  const known = revision !== undefined && unread.length === 0 && groups.every(({ range, first }) => first || range !== undefined)
  return [
    ...(revision === undefined ? [] : groups.flatMap((group) => groupLines(group, pending, largest, columns, paint))),
    ...unreadLines(unread, paint),
    ...(unpushed === undefined || unpushed === 0
      ? []
      : wrap(
          `${count(unpushed, 'local commit')} of ${oneLine(pending.branch)} ${unpushed === 1 ? 'is' : 'are'} not pushed, and would not be deployed`,
          columns - 2,
        ).map((line, i) => paint.yellow(`${i === 0 ? SYMBOL.warn : ' '} ${line}`))),
    ...wrap(oneLine(headline), columns - 2).map((line, i) => {
      const start = i > 0 ? ' ' : known ? SYMBOL.ok : SYMBOL.warn
      return known ? paint.green(`${start} ${line}`) : paint.yellow(`${start} ${line}`)
    }),
  ]
}

const groupLines = (
  { hosts, live, first, range }: PendingGroup,
  { branch, revision = '', now }: StagePending,
  largest: number,
  columns: number,
  paint: Paint,
): string[] => {
  const from = first ? 'nothing is live' : live === undefined ? 'the live commit is not known' : live.slice(0, 7)
  const head = `${groupNames(hosts, largest)}: ${from} ${SYMBOL.running} ${revision.slice(0, 7)} (${oneLine(branch)})`
  const list = ({ newest, count: all }: NonNullable<typeof range>['added']): string[] => [
    ...table(
      newest.map(({ commit, written, author, subject }) => [
        commit.slice(0, 7),
        ageText(now - written),
        cut(oneLine(author), 16),
        oneLine(subject),
      ]),
      '  ',
    ).map((line) => cut(line, columns)),
    ...(all > newest.length ? [`  and ${count(all - newest.length, 'older commit')}`] : []),
  ]
  return [
    ...wrap(head, columns).map(paint.bold),
    ...(range === undefined || range.added.count === 0 ? [] : list(range.added)),
    ...(range === undefined || range.removed.count === 0
      ? []
      : [paint.yellow(`  ${SYMBOL.warn} live now, and not in ${revision.slice(0, 7)}:`), ...list(range.removed)]),
    ...(range?.diff === undefined || range.diff === '' ? [] : ['', ...cleanText(range.diff).split('\n').map(diffLine(paint))]),
    '',
  ]
}

const diffLine =
  (paint: Paint) =>
  (line: string): string =>
    /^(diff|index|---|\+\+\+) /.test(line)
      ? paint.bold(line)
      : line.startsWith('+')
        ? paint.green(line)
        : line.startsWith('-')
          ? paint.red(line)
          : line.startsWith('@@')
            ? paint.cyan(line)
            : line

/** `shipit STAGE pending --json`: docs/commands.md describes it. What is not known is null. */
export const pendingJson = ({ application, stage, branch, revision, groups, unpushed, unread }: StagePending): object => ({
  application,
  stage,
  branch,
  commit: revision ?? null,
  unpushed: unpushed ?? null,
  unread,
  from: groups.map(({ hosts, live, range }) => ({
    hosts,
    commit: live ?? null,
    added: range === undefined ? null : commitsJson(range.added),
    removed: range === undefined ? null : commitsJson(range.removed),
    ...(range?.diff === undefined ? {} : { diff: range.diff }),
  })),
})

const commitsJson = ({ count: all, newest }: NonNullable<PendingGroup['range']>['added']): object => ({
  count: all,
  commits: newest.map(({ commit, author, subject, written }) => ({
    commit,
    author,
    subject,
    written: timeJson(written),
  })),
})
