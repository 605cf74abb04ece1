import { EXIT } from '../values/errors.ts'
import { humanTime } from '../values/duration.ts'
import { cleanText, oneLine } from '../redact/clean.ts'
import type { FailureReport, LiveRelease, RunEvent, RunWarning } from '../events/types.ts'
import type { Paint } from './colours.ts'
import { warningBlock } from './event-lines.ts'
import { hintLines } from './hint.ts'
import { wrap } from '../values/width.ts'
import { table } from './aligned-table.ts'
import { count } from '../values/count.ts'
import { fold } from '../values/fold.ts'
import { SYMBOL } from './format.ts'
import { groupHosts, groupNames, hostsInText, largestOf } from './host-groups.ts'
import { groupsInHostOrder } from '../values/host-order.ts'

export interface SummaryOptions {
  readonly paint: Paint
  readonly columns: number
  /** where prose is wrapped, if not at `columns`: a log has no width */
  readonly wrapAt?: number
  /** the hosts of the run, if they are known: then those that all have the same are counted */
  readonly hosts?: readonly string[] | undefined
  /** the run was successful, but the doctor found something */
  readonly warned?: boolean
  /** the warnings of the run are just above */
  readonly warningsShown?: boolean
  /** the log file, if there is one */
  readonly log?: string | undefined
}

/** The end of a run: what failed, what is live where, the result, and what to type next. */
export const summary = (
  failures: readonly FailureReport[],
  end: Extract<RunEvent, { type: 'run:end' }>,
  { paint, columns, wrapAt = columns, hosts, warned = false, warningsShown = false, log }: SummaryOptions,
): string[] => {
  const warnings = end.warnings ?? []
  const well = end.exit === EXIT.done && !warned && warnings.length === 0
  const tint = well ? paint.green : end.exit >= 128 || end.exit === EXIT.done ? paint.yellow : paint.red
  const symbol = well ? SYMBOL.ok : end.exit >= 128 || end.exit === EXIT.done ? SYMBOL.warn : SYMBOL.failed
  const live = liveTable(end.live, end.exit, columns, paint)
  return [
    '',
    ...failureLines(failures, paint, wrapAt, hosts),
    ...(live.length > 0 ? [...live, ''] : []),
    ...(warningsShown ? [] : warningLines(warnings, paint, wrapAt, hosts)),
    ...headline(oneLine(end.headline), end.ms, wrapAt - 2, paint, (text) => tint(`${symbol} ${text}`)),
    ...nextLines(end, paint),
    ...(log === undefined ? [] : [paint.dim(`  log: ${oneLine(log)}`)]),
  ]
}

/** The next steps: each command on a line of its own, so that you can copy it, with its purpose above. */
const nextLines = ({ next, live }: Extract<RunEvent, { type: 'run:end' }>, paint: Paint): string[] =>
  next
    .filter(({ command }) => !live.some((one) => one.next === command))
    .flatMap(({ command, why }) => [...(why === undefined ? [] : [paint.dim(`${why}:`)]), paint.cyan(oneLine(command))])
    .map((line, i) => `${i === 0 ? '  next: ' : '        '}${line}`)

/** The result of the run, wrapped between words; the time at its end stays whole. */
const headline = (text: string, ms: number, columns: number, paint: Paint, tinted: (text: string) => string): string[] => {
  const time = `(${humanTime(ms)})`
  const lines = wrap(`${text} ${'_'.repeat(time.length)}`, columns)
  return lines.map((line, i) => {
    const text = i < lines.length - 1 ? line : line.slice(0, -time.length).trimEnd()
    const shown = i === 0 ? tinted(paint.bold(text)) : `  ${text === '' ? '' : paint.bold(text)}`
    return i < lines.length - 1 ? shown : `${shown}${text === '' ? '' : ' '}${paint.dim(time)}`
  })
}

/** Each failure once, with an empty line after it; hosts with identical failures share one. `all`: the hosts of the run, if they are known. */
export const failureLines = (failures: readonly FailureReport[], paint: Paint, columns: number, all?: readonly string[]): string[] =>
  groupFailures(failures, all).flatMap(({ failure, hosts }) => [
    ...failureBlock(failure, hosts.length === 0 ? '' : hostsInText(hosts, all), paint, columns),
    '',
  ])

/** One failure, and every host that has it. */
export interface FailureGroup {
  readonly failure: FailureReport
  /** empty if it is of no host */
  readonly hosts: readonly string[]
}

/**
 * Failures that differ in nothing but their host are one. Those of a task are in the order of the inventory, `all`; what failed first, and
 * what is of no host, stays in its place.
 */
export const groupFailures = (failures: readonly FailureReport[], all?: readonly string[]): readonly FailureGroup[] =>
  fold(failuresInOrder(failures, all), ({ task, command, reason, output, hint, where }) => [
    task,
    command,
    reason,
    output,
    hint,
    where,
  ]).map((group) => ({
    failure: group[0],
    hosts: [...new Set(group.flatMap(({ host }) => (host === undefined ? [] : [host])))],
  }))

const failuresInOrder = (failures: readonly FailureReport[], all: readonly string[] | undefined): readonly FailureReport[] =>
  groupsInHostOrder(
    failures,
    (failure) => (failure.host === undefined ? failure : failure.task),
    ({ host }) => host,
    all,
  )

/** The warnings of the run, with an empty line after them; hosts with the same warning share one. */
const warningLines = (warnings: readonly RunWarning[], paint: Paint, columns: number, all?: readonly string[]): string[] => {
  const groups = fold(warnings, ({ message }) => message)
  const shown = groups.slice(0, MOST_WARNINGS).flatMap((of) => {
    const hosts = of.flatMap(({ host }) => host ?? [])
    return warningBlock(`${hosts.length > 0 ? `${hostsInText(hosts, all)}: ` : ''}${of[0].message}`, paint, columns)
  })
  const rest = groups.length - MOST_WARNINGS
  const lines = rest > 0 ? [...shown, paint.yellow(`${SYMBOL.warn} and ${count(rest, 'warning')} more, above`)] : shown
  return lines.length > 0 ? [...lines, ''] : []
}
const MOST_WARNINGS = 12

const failureBlock = (failure: FailureReport, hosts: string, paint: Paint, columns: number): string[] => {
  const where = [failure.task && oneLine(failure.task), hosts !== '' && `on ${hosts}`].filter(Boolean).join(' ')
  const reason = cleanText(failure.reason).split('\n')
  const command = failure.command === undefined ? [] : cleanText(failure.command).trim().split('\n')
  const [first = '', ...rest] = wrap(where === '' ? reason[0]! : `${where}: ${reason[0]}`, columns - 2)
  return [
    paint.red(`${SYMBOL.failed} ${paint.bold(first)}`),
    ...rest.map((line) => `  ${paint.red(paint.bold(line))}`),
    ...reason.slice(1).map((line) => `  ${line}`),
    ...command.map((line, i) => `  ${i > 0 ? '  ' : line.startsWith('# ') ? '' : '$ '}${line}`),
    ...failure.output.map((line) => `  ${paint.dim('│')} ${cleanText(line, paint.on)}`),
    ...(failure.where === undefined ? [] : [`  at ${oneLine(failure.where)}`]),
    ...(failure.hint === undefined
      ? []
      : hintLines(cleanText(failure.hint), columns - 4).map((line, i) => `  ${i === 0 ? paint.yellow(SYMBOL.running) : ' '} ${line}`)),
  ]
}

export const STATE = { same: 'as before', switched: 'switched', unknown: 'not known', live: 'live' } as const

/** Host, release, revision, state; hosts that agree share a row. If hosts differ (exit 6), it shows every name and the command for each. */
const liveTable = (live: readonly LiveRelease[], exit: number, columns: number, paint: Paint): string[] => {
  const groups = groupHosts(
    live.map((of) => ({ host: of.host, of })),
    ({ release, revision, state, next }) => [release, revision, state, next],
  )
  if (groups.length === 0) return []
  const largest = exit === EXIT.split ? Infinity : largestOf(groups)
  const room = Math.max(16, columns - 46)
  const rows = groups.flatMap(({ hosts, of: { release, revision, state, next } }) => {
    const names = wrap(groupNames(hosts, largest), room).join('\n')
    // the doctor of a host without a release
    const empty = state === 'live' && release === undefined
    const shown = empty
      ? '-'
      : state === 'unknown'
        ? paint.red(STATE[state])
        : state === 'switched'
          ? paint.green(STATE[state])
          : STATE[state]
    const row = [names, release ?? (state === 'unknown' ? '?' : 'none'), revision?.slice(0, 7) ?? '', shown]
    return next === undefined ? [row] : [row, [`  ${SYMBOL.running} ${paint.cyan(oneLine(next))}`]]
  })
  const head = ['host', 'release', 'revision', 'state'].map((word) => paint.dim(word))
  return table([head, ...rows], '  ')
}
