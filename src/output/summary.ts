import { EXIT } from '../values/errors.ts'
import { humanTime } from '../values/duration.ts'
import { cleanText, oneLine } from '../events/clean.ts'
import type { FailureReport, LiveRelease, RunEvent, RunWarning } from '../events/types.ts'
import type { Paint } from './paint.ts'
import { hintLines } from './hint.ts'
import { table, wrapList, wrapWords } from './table.ts'
import { count } from '../values/count.ts'
import { MARK } from './words.ts'

export interface SummaryOptions {
  readonly paint: Paint
  readonly columns: number
  /** where hints are wrapped, if not at `columns`: a log has no width */
  readonly wrap?: number
  /** there is something to warn about, though all went well */
  readonly warned?: boolean
  /** the warnings of the run are directly above */
  readonly told?: boolean
  /** the log file, if there is one */
  readonly log?: string | undefined
}

/** The end of a run: what failed, what is live where, how it went, what to type next. */
export const summary = (
  failures: readonly FailureReport[],
  end: Extract<RunEvent, { type: 'run:end' }>,
  { paint, columns, wrap = columns, warned = false, told = false, log }: SummaryOptions,
): string[] => {
  const warnings = end.warnings ?? []
  const well = end.exit === EXIT.done && !warned && warnings.length === 0
  const tint = well ? paint.green : end.exit >= 128 || end.exit === EXIT.done ? paint.yellow : paint.red
  const mark = well ? MARK.ok : end.exit >= 128 || end.exit === EXIT.done ? MARK.warn : MARK.failed
  const live = liveTable(end.live, end.exit, columns, paint)
  return [
    '',
    ...failureLines(failures, paint, wrap),
    ...(live.length > 0 ? [...live, ''] : []),
    ...(told ? [] : warningLines(warnings, paint)),
    ...headline(oneLine(end.headline), end.ms, wrap - 2, paint, (words) => tint(`${mark} ${words}`)),
    ...nextLines(end, paint),
    ...(log === undefined ? [] : [paint.dim(`  log: ${oneLine(log)}`)]),
  ]
}

/** What to type: each command alone on its line, so that you can copy it, with its purpose above. */
const nextLines = ({ next, live }: Extract<RunEvent, { type: 'run:end' }>, paint: Paint): string[] =>
  next
    .filter(({ command }) => !live.some((one) => one.next === command))
    .flatMap(({ command, why }) => [...(why === undefined ? [] : [paint.dim(`${why}:`)]), paint.cyan(oneLine(command))])
    .map((line, i) => `${i === 0 ? '  next: ' : '        '}${line}`)

/** The result of the run, wrapped between words; the time at its end stays whole. */
const headline = (text: string, ms: number, columns: number, paint: Paint, tinted: (text: string) => string): string[] => {
  const time = `(${humanTime(ms)})`
  const lines = wrapWords(`${text} ${'_'.repeat(time.length)}`, columns)
  return lines.map((line, i) => {
    const words = i < lines.length - 1 ? line : line.slice(0, -time.length).trimEnd()
    const shown = i === 0 ? tinted(paint.bold(words)) : `  ${words === '' ? '' : paint.bold(words)}`
    return i < lines.length - 1 ? shown : `${shown}${words === '' ? '' : ' '}${paint.dim(time)}`
  })
}

/** Each failure once, with an empty line after it; hosts with identical failures share one. */
export const failureLines = (failures: readonly FailureReport[], paint: Paint, columns: number): string[] => {
  const groups = new Map<string, { failure: FailureReport; hosts: string[] }>()
  for (const failure of failures) {
    const { host, ...rest } = failure
    const key = JSON.stringify([rest.task, rest.command, rest.reason, rest.output, rest.hint, rest.where])
    const group = groups.get(key) ?? { failure, hosts: [] }
    if (host !== undefined && !group.hosts.includes(host)) group.hosts.push(host)
    groups.set(key, group)
  }
  return [...groups.values()].flatMap(({ failure, hosts }) => [...failureBlock(failure, hosts, paint, columns), ''])
}

/** The warnings of the run, with an empty line after them; hosts with the same warning share one. */
const warningLines = (warnings: readonly RunWarning[], paint: Paint): string[] => {
  const groups = [...Map.groupBy(warnings, ({ message }) => message)]
  const shown = groups.slice(0, MOST_WARNINGS).flatMap(([message, of]) => {
    const hosts = of.flatMap(({ host }) => (host === undefined ? [] : oneLine(host)))
    const [first = '', ...more] = cleanText(message, paint.on).split('\n')
    return [`${MARK.warn} ${hosts.length > 0 ? `${hosts.join(', ')}: ` : ''}${first}`, ...more.map((line) => `  ${line}`)]
  })
  const rest = groups.length - MOST_WARNINGS
  const lines = rest > 0 ? [...shown, `${MARK.warn} and ${count(rest, 'warning')} more, above`] : shown
  return lines.length > 0 ? [...lines.map((line) => paint.yellow(line)), ''] : []
}
const MOST_WARNINGS = 12

const failureBlock = (failure: FailureReport, hosts: readonly string[], paint: Paint, columns: number): string[] => {
  const place = [failure.task && oneLine(failure.task), hosts.length > 0 && `on ${hosts.map((host) => oneLine(host)).join(', ')}`]
    .filter(Boolean)
    .join(' ')
  const reason = cleanText(failure.reason).split('\n')
  const command = failure.command === undefined ? [] : cleanText(failure.command).trim().split('\n')
  const [first = '', ...rest] = wrapWords(place === '' ? reason[0]! : `${place}: ${reason[0]}`, columns - 2)
  return [
    paint.red(`${MARK.failed} ${paint.bold(first)}`),
    ...rest.map((line) => `  ${paint.red(paint.bold(line))}`),
    ...reason.slice(1).map((line) => `  ${line}`),
    ...command.map((line, i) => `  ${i > 0 ? '  ' : line.startsWith('# ') ? '' : '$ '}${line}`),
    ...failure.output.map((line) => `  ${paint.dim('│')} ${cleanText(line, paint.on)}`),
    ...(failure.where === undefined ? [] : [`  at ${oneLine(failure.where)}`]),
    ...(failure.hint === undefined
      ? []
      : hintLines(cleanText(failure.hint), columns - 4).map((line, i) => `  ${i === 0 ? paint.yellow(MARK.running) : ' '} ${line}`)),
  ]
}

const STATE = { same: 'as before', switched: 'switched', unknown: 'not known' } as const

/** Host, release, revision, state; hosts that agree share a row. If hosts differ (exit 6), it shows every name, and what to type. */
const liveTable = (live: readonly LiveRelease[], exit: number, columns: number, paint: Paint): string[] => {
  const groups = Map.groupBy(live, (one) => JSON.stringify([one.release, one.revision, one.state, one.next]))
  if (groups.size === 0) return []
  const largest = Math.max(...[...groups.values()].map((group) => group.length))
  const room = Math.max(16, columns - 46)
  const rows = [...groups.values()].flatMap((group) => {
    const { release, revision, state, next } = group[0]!
    const fold = exit !== EXIT.split && group.length > 4 && group.length === largest
    const names = fold
      ? count(group.length, 'host')
      : wrapList(
          group.map((one) => oneLine(one.host)),
          room,
        )
    const shown = state === 'unknown' ? paint.red(STATE[state]) : state === 'switched' ? paint.green(STATE[state]) : STATE[state]
    const row = [names, release ?? (state === 'unknown' ? '?' : 'none'), revision?.slice(0, 7) ?? '', shown]
    return next === undefined ? [row] : [row, [`  ${MARK.running} ${paint.cyan(oneLine(next))}`]]
  })
  const head = ['host', 'release', 'revision', 'state'].map((word) => paint.dim(word))
  return table([head, ...rows], '  ')
}
