import { cleanText, oneLine } from '../events/clean.ts'
import type { RunEvent } from '../events/types.ts'
import type { Paint } from './paint.ts'
import { hintLines } from './hint.ts'
import { wrapWords } from './table.ts'
import { MARK } from './words.ts'

export type FindingEvent = Extract<RunEvent, { type: 'finding' }>

/** What the doctor found, host by host, each finding with its remedy. Hosts with the same findings are listed together. */
export const findingLines = (findings: readonly FindingEvent[], paint: Paint, columns: number): string[] => {
  const hosts = Map.groupBy(findings, ({ host }) => host)
  const groups = Map.groupBy(hosts, ([host, own]) =>
    JSON.stringify([host === undefined, own.map(({ level, recipe, message, remedy }) => [level, recipe, message, remedy])]),
  )
  return [...groups.values()].flatMap((group) => {
    const names = group.map(([host]) => (host === undefined ? 'all hosts' : oneLine(host)))
    return [
      '',
      ...wrapWords(names.join(', '), columns).map(paint.bold),
      ...group[0]![1].flatMap((one) => findingBlock(one, paint, columns)),
    ]
  })
}

const findingBlock = ({ level, message, remedy }: FindingEvent, paint: Paint, columns: number): string[] => {
  const mark = level === 'error' ? paint.red(MARK.failed) : paint.yellow(MARK.warn)
  const said = wrapWords(oneLine(message), columns - 4)
  const todo = hintLines(cleanText(remedy).trim(), columns - 6)
  return [
    ...said.map((line, i) => `  ${i === 0 ? mark : ' '} ${line}`),
    ...todo.map((line, i) => `    ${i === 0 ? paint.cyan(MARK.running) : ' '} ${line}`),
  ]
}
