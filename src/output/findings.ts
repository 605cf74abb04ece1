import { cleanText, oneLine } from '../redact/clean.ts'
import type { RunEvent } from '../events/types.ts'
import type { Paint } from './colours.ts'
import { hintLines } from './hint.ts'
import { fold } from '../values/fold.ts'
import { wrap } from '../values/width.ts'
import { hostList, SYMBOL } from './format.ts'
import { groupsInHostOrder } from '../values/host-order.ts'

export type FindingEvent = Extract<RunEvent, { type: 'finding' }>

/** What the doctor found, host by host as the inventory (`all`) has them, each finding with its remedy. Hosts with the same findings are listed together. */
export const findingLines = (findings: readonly FindingEvent[], paint: Paint, columns: number, all?: readonly string[]): string[] => {
  const hosts = Map.groupBy(
    // what is about the hosts together stays below them
    groupsInHostOrder(
      findings,
      ({ host }) => host === undefined,
      ({ host }) => host,
      all,
    ),
    ({ host }) => host,
  )
  const groups = fold(hosts, ([host, own]) => [
    host === undefined,
    own.map(({ level, recipe, message, remedy }) => [level, recipe, message, remedy]),
  ])
  return groups.flatMap((group) => {
    const names = group.map(([host]) => host ?? 'all hosts')
    const [, own] = group[0]
    return ['', ...wrap(hostList(names, Infinity), columns).map(paint.bold), ...own.flatMap((one) => findingBlock(one, paint, columns))]
  })
}

const findingBlock = ({ level, message, remedy }: FindingEvent, paint: Paint, columns: number): string[] => {
  const symbol = level === 'error' ? paint.red(SYMBOL.failed) : paint.yellow(SYMBOL.warn)
  const text = wrap(oneLine(message), columns - 4)
  const remedyLines = hintLines(cleanText(remedy).trim(), columns - 6)
  return [
    ...text.map((line, i) => `  ${i === 0 ? symbol : ' '} ${line}`),
    ...remedyLines.map((line, i) => `    ${i === 0 ? paint.cyan(SYMBOL.running) : ' '} ${line}`),
  ]
}
