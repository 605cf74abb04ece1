import { cleanText, oneLine } from '../../redact/clean.ts'
import { count } from '../../values/count.ts'
import type { Fold } from '../../values/fold.ts'
import { hostNames } from '../../values/host-names.ts'
import { width, wrap } from '../../values/width.ts'
import { table } from '../aligned-table.ts'
import type { Paint } from '../colours.ts'
import { SYMBOL } from '../format.ts'
import { hintLines } from '../hint.ts'
import type { Answer, AnswerText } from './answers.ts'

/** With more hosts, only the first and the last of the largest group are named. */
const MOST_NAMES = 8
/** A heading that is wider has a line of its own. */
const NARROW = 40

interface Widths {
  readonly columns: number
  readonly paint: Paint
  /** where to find what is cut */
  readonly all: (host: string) => string
}

/** The answers of several hosts as lines: each group once, with its hosts. If each is one line at most, they are a table. */
export const foldedLines = (groups: readonly Fold<Answer>[], o: Widths): string[] => {
  const largest = Math.max(0, ...groups.map((group) => group.length))
  const named = groups.map((group) => ({ group, names: namesOf(group, group.length === largest) }))
  const short = named.every(({ group, names }) => isShort(group[0]) && width(names) <= NARROW)
  if (short) return table(named.map(({ group, names }) => [o.paint.bold(names), shortText(group[0], o.paint)]))
  return named.flatMap(({ group, names }, i) => [...(i === 0 ? [] : ['']), ...blockLines(group[0], names, o)])
}

/** `a1`, `×3  a1, a2, a3`, `×14  a1 … a14` */
const namesOf = (group: readonly Answer[], mayCut: boolean): string => {
  const hosts = group.map(({ host }) => oneLine(host))
  const names = hostNames(hosts, { most: mayCut ? MOST_NAMES : Infinity, longer: 'ends' })
  return hosts.length === 1 ? names : `×${hosts.length}  ${names}`
}

const isShort = ({ stdout, stderr, status }: Answer): boolean =>
  status === 'ok' && stdout.lines.length + stderr.lines.length <= 1 && stdout.cut() + stderr.cut() === 0

const shortText = ({ stdout, stderr }: Answer, paint: Paint): string => stdout.lines[0] ?? stderr.lines[0] ?? paint.dim('(no output)')

const blockLines = (answer: Answer, names: string, o: Widths): string[] => {
  const { paint, columns } = o
  const texts = [...textLines(answer.stdout, answer, o), ...textLines(answer.stderr, answer, o)]
  const failed = answer.status !== 'ok'
  const end = failed ? `: ${oneLine(answer.reason ?? answer.status)}` : ''
  const heading = wrap(`${failed ? `${SYMBOL.failed} ` : ''}${names}${end}`, columns)
  return [
    ...heading.map((line) => (failed ? paint.red(paint.bold(line)) : paint.bold(line))),
    ...(texts.length === 0 ? [`  ${paint.dim('(no output)')}`] : texts.map((line) => `  ${line}`)),
    ...hintOf(answer, paint, columns),
  ]
}

const textLines = (text: AnswerText, { host }: Answer, { paint, all }: Widths): string[] => [
  ...text.lines,
  ...(text.cut() === 0 ? [] : [paint.yellow(`… ${count(text.cut(), 'more line')}: ${all(host)}`)]),
]

/** What to do about an answer that failed. */
const hintOf = ({ hint }: Answer, paint: Paint, columns: number): string[] =>
  hint === undefined
    ? []
    : hintLines(cleanText(hint), columns - 4).map((line, i) => `  ${i === 0 ? paint.yellow(SYMBOL.running) : ' '} ${line}`)
