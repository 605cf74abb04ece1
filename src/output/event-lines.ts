import { cleanText, oneLine } from '../redact/clean.ts'
import type { RunEvent } from '../events/types.ts'
import type { Paint } from './colours.ts'
import { width } from '../values/width.ts'
import { hintLines } from './hint.ts'
import { hostList, SYMBOL, releaseName } from './format.ts'

export type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>

/** What to do with each kind of event; the others are left out. */
export type Handlers = { readonly [T in RunEvent['type']]?: (event: EventOf<T>) => void }

export const handle = (handlers: Handlers, event: RunEvent): void =>
  // the key is the type of the event, so its handler takes it
  (handlers[event.type] as ((event: RunEvent) => void) | undefined)?.(event)

/** What runs, and where; more than `most` hosts are counted. */
export const headingLine = ({ application, stage, tasks, hosts }: EventOf<'run:start'>, paint: Paint, most: number, more = ''): string => {
  const names = hosts.map(({ host }) => host)
  return paint.bold(oneLine(`${application} ${stage}: ${tasks.join(' ')}`)) + paint.dim(` on ${hostList(names, most)}${more}`)
}

export const releaseLine = ({ release, revision, branch }: EventOf<'deploy'>): string =>
  `release ${releaseName(release, revision)}${branch === '' ? '' : ` of ${oneLine(branch)}`}`

export const interruptLine = ({ message }: EventOf<'interrupt'>, paint: Paint): string => paint.yellow(`${SYMBOL.warn} ${oneLine(message)}`)

/**
 * The lines of a log message; none for a debug message. A warning, and a message of one line, are broken into lines of at most `columns`
 * columns.
 */
export const logLines = ({ level, message }: EventOf<'log'>, paint: Paint, columns: number): string[] => {
  if (level === 'debug') return []
  if (level === 'warn') return warningBlock(message, paint, columns)
  const [first = '', ...more] = cleanText(message, paint.on).split('\n')
  // several lines may be a table
  const [start = '', ...others] = more.length === 0 && width(first) > columns ? hintLines(first, columns - 2) : [first]
  return [start, ...[...others, ...more].map((text) => `  ${text}`)]
}

/** A warning behind its mark. Only its first line is broken: the others may be what a program printed. */
export const warningBlock = (message: string, paint: Paint, columns: number): string[] => {
  const [first = '', ...more] = cleanText(message, paint.on).split('\n')
  return [...hintLines(first, columns - 2), ...more].map((text, i) => paint.yellow(`${i === 0 ? SYMBOL.warn : ' '} ${text}`))
}
