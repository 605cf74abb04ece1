import { count } from '../../values/count.ts'
import { cut } from '../../values/width.ts'
import type { EventOf } from '../event-lines.ts'
import { hostList } from '../format.ts'
import { code, escaped } from './markdown.ts'

/** Columns of a subject or the names of authors. */
const LONGEST = 200

/** The commits that a deploy brings, as Markdown: how many, by whom, and the newest. `several`: hosts had different commits. */
export const commitsText = ({ hosts, from, added, removed, compare }: EventOf<'commits'>, several: boolean): string => {
  const where = several ? ` on ${escaped(hostList(hosts, 8))}` : ''
  const link = compare === undefined ? '' : ` ([compare](${compare}))`
  const by = (authors: string): string => `by ${escaped(cut(authors, LONGEST))}`
  const more = added.count - added.newest.length
  return [
    ...(added.count === 0
      ? [`No new commit${where} since ${code(from.slice(0, 7))}${link}`]
      : [`**${count(added.count, 'new commit')}**${where} since ${code(from.slice(0, 7))}, ${by(added.authors)}${link}`, '']),
    ...added.newest.map(
      ({ commit, author, subject }) => `- ${code(commit.slice(0, 7))} ${escaped(cut(subject, LONGEST))} (${escaped(cut(author, LONGEST))})`,
    ),
    ...(more > 0 ? [`- and ${count(more, 'older commit')}`] : []),
    ...(removed.count === 0
      ? []
      : [
          '',
          `**${count(removed.count, 'commit')}** that ${removed.count === 1 ? 'was' : 'were'} live${where} and not in this deploy, ${by(removed.authors)}`,
        ]),
  ].join('\n')
}
