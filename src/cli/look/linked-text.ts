import type { Paint } from '../../output/colours.ts'
import { SYMBOL } from '../../output/format.ts'
import { groupHosts, groupNames, largestOf } from '../../output/host-groups.ts'
import { oneLine } from '../../redact/clean.ts'
import { stateProblem, type FileDiff, type HostFile, type LinkedDiff } from '../../run/linked-diff.ts'
import type { KeyDiff } from '../../run/linked-content.ts'
import { humanSize } from '../../values/human-size.ts'
import { wrap } from '../../values/width.ts'
import { unreadLines } from './unread-lines.ts'

interface Shown {
  readonly columns: number
  readonly paint: Paint
  /** the command that makes the hosts have the files of this machine */
  readonly push: string
}

/** `shipit STAGE linked:diff` as lines. Of what is in the files it has the names of keys, unless more was asked for. */
export const linkedLines = (diff: LinkedDiff, shown: Shown): string[] => [
  ...diff.files.flatMap((file) => [...fileLines(file, shown), '']),
  ...unreadLines(diff.unread, shown.paint),
  ...(diff.differs
    ? [
        shown.paint.yellow(`${SYMBOL.warn} ${diff.headline}`),
        ...(diff.files.every(({ here }) => here) && diff.files.some(({ hosts }) => hosts.some(({ state }) => state !== 'same'))
          ? [`  to send the files of this machine: ${shown.push}`]
          : []),
      ]
    : [shown.paint.green(`${SYMBOL.ok} ${diff.headline}`)]),
]

const fileLines = (file: FileDiff, { columns, paint }: Shown): string[] => {
  const groups = groupHosts(
    file.hosts.map((of) => ({ host: of.host, of })),
    (of) => ({ ...of, host: '' }),
  )
  const largest = largestOf(groups)
  const here = file.here === undefined ? 'not on this machine' : `${humanSize(file.here.size)} here`
  const name = file.from === file.path ? '' : `${oneLine(file.from)}, `
  return [
    `${paint.bold(oneLine(file.path))} ${paint.dim(`(${name}${here})`)}`,
    ...groups.flatMap(({ hosts, of }) => {
      const text = stateText(file, of)
      const lines = wrap(`${groupNames(hosts, largest)}: ${text}`, columns - 4)
      return [
        ...lines.map((line, i) => `  ${i === 0 ? mark(of, paint) : ' '} ${line}`),
        ...(of.keys === undefined || of.lines !== undefined ? [] : keyLines(of.keys).flatMap((line) => indented(line, columns))),
        ...(of.lines ?? []).map((line) => `      ${tinted(oneLine(line), paint)}`),
      ]
    }),
  ]
}

const mark = ({ state }: HostFile, paint: Paint): string => (state === 'same' ? paint.green(SYMBOL.ok) : paint.yellow(SYMBOL.warn))

const stateText = ({ here }: FileDiff, { state, link, size }: HostFile): string => {
  if (state === 'same') return `the same${link ? ', through a link' : ''}`
  // after the names of one host or several
  if (state !== 'differs') return stateProblem(state).replace(/^is /, '')
  const sizes = `${humanSize(size!)} there${here === undefined ? '' : `, ${humanSize(here.size)} here`}`
  return `differs${link ? ', through a link' : ''}, ${sizes}`
}

const keyLines = ({ changed, onlyHere, onlyThere }: KeyDiff): string[] => {
  const lines = [
    ...(changed.length > 0 ? [`another value: ${changed.join(', ')}`] : []),
    ...(onlyHere.length > 0 ? [`only here: ${onlyHere.join(', ')}`] : []),
    ...(onlyThere.length > 0 ? [`only there: ${onlyThere.join(', ')}`] : []),
  ]
  return lines.length > 0 ? lines : ['the same keys and values: only their order, or comments and blanks, differ']
}

const indented = (line: string, columns: number): string[] => wrap(oneLine(line), columns - 6).map((part) => `      ${part}`)

const tinted = (line: string, paint: Paint): string =>
  line.startsWith('+') ? paint.green(line) : line.startsWith('-') ? paint.red(line) : paint.dim(line)

/** `shipit STAGE linked:diff --json`: docs/commands.md describes it. What is not known is null. */
export const linkedJson = ({ application, stage, files, unread, differs }: LinkedDiff): object => ({
  application,
  stage,
  differs,
  files: files.map(({ path, from, here, hosts }) => ({
    path,
    from,
    bytes: here?.size ?? null,
    hosts: hosts.map(({ host, state, size, keys, lines }) => ({
      host,
      state,
      bytes: size ?? null,
      keys: keys === undefined ? null : keys,
      ...(lines === undefined ? {} : { lines }),
    })),
  })),
  unread,
})
