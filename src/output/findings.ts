import { cleanText, oneLine } from '../redact/clean.ts'
import type { RunEvent } from '../events/types.ts'
import type { Paint } from './colours.ts'
import { hintLines } from './hint.ts'
import { wrap } from '../values/width.ts'
import { SYMBOL } from './format.ts'

export type FindingEvent = Extract<RunEvent, { type: 'finding' }>

/** What the doctor found, host by host, each finding with its remedy. Hosts with the same findings are listed together. */
export const findingLines = (findings: readonly FindingEvent[], paint: Paint, columns: number): string[] => {
  const hosts = Map.groupBy(findings, ({ host }) => host)
  const groups = Map.groupBy(hosts, ([host, own]) =>
    JSON.stringify([host === undefined, own.map(({ level, recipe, message, remedy }) => [level, recipe, message, remedy])]),
  )
  return [...groups.values()].flatMap((group) => {
    const names = group.map(([host]) => (host === undefined ? 'all hosts' : oneLine(host)))
    return ['', ...wrap(names.join(', '), columns).map(paint.bold), ...group[0]![1].flatMap((one) => findingBlock(one, paint, columns))]
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
