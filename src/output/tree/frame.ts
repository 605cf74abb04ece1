import { humanTime } from '../../values/duration.ts'
import { oneLine } from '../../redact/clean.ts'
import type { Paint } from '../colours.ts'
import type { Phase, Row } from './phase.ts'
import { cut, pad, width } from '../../values/width.ts'
import { count } from '../../values/count.ts'
import { SYMBOL } from '../format.ts'

/** The parts of a listr2 task that a frame reads. */
export interface Node {
  readonly title?: string | undefined
  readonly state: string
  readonly message: { readonly error?: string | undefined; readonly skip?: string | undefined }
}

export interface HostNode {
  readonly node: Node
  readonly row: Row
}

export interface FrameOptions {
  readonly columns: number
  readonly rows: number
  readonly now: number
  /** the spinner's current frame */
  readonly spin: string
  readonly paint: Paint
}

/**
 * A running phase, never taller than the terminal: its heading, then its hosts in the order of the inventory. If they do not fit, hosts
 * that wait or are done become counts, then the last output lines disappear, then running hosts; failed hosts disappear last.
 */
export const frame = (phase: Phase, hosts: readonly HostNode[], options: FrameOptions): string[] => {
  const { paint, rows, now, spin } = options
  const column = Math.min(24, Math.max(0, ...hosts.map(({ row }) => width(row.host))))
  const head = `${paint.yellow(spin)} ${paint.bold(phase.title)} ${paint.dim(`${count(phase.rows.size, 'host')}  ${humanTime(now - phase.begun)}`)}`
  const room = rows - 3
  const show = (chosen: readonly HostNode[], output: boolean): string[] =>
    chosen.flatMap((host) => hostLines(host, column, output, options))
  const everything = show(hosts, true)
  if (everything.length <= room) return [head, ...everything]

  const urgent = hosts.filter(({ row }) => row.state === 'failed' || row.state === 'cancelled')
  const running = hosts.filter(({ row }) => row.state === 'running')
  const busy = hosts.filter((host) => urgent.includes(host) || running.includes(host))
  const rest = (shown: readonly HostNode[]): string =>
    counts(
      hosts.filter((host) => !shown.includes(host)),
      paint,
    )
  for (const output of [true, false]) {
    const lines = show(busy, output)
    if (lines.length <= room - 1) return [head, ...lines, rest(busy)]
  }
  const some = [...urgent, ...running].slice(0, room - 1)
  return [
    head,
    ...show(
      hosts.filter((host) => some.includes(host)),
      false,
    ),
    rest(some),
  ]
}

/** A finished phase: one line, and one for each host that failed or was cancelled. */
export const closing = (
  phase: Phase,
  hosts: readonly HostNode[],
  ok: boolean,
  { paint, columns }: Pick<FrameOptions, 'paint' | 'columns'>,
): string[] => {
  const bad = hosts.filter(({ row, node }) => row.state === 'failed' || row.state === 'cancelled' || node.state === 'FAILED')
  const sum = (of: 'tolerated' | 'warned') => hosts.reduce((all, { row }) => all + row[of], 0)
  const [tolerated, warned] = [sum('tolerated'), sum('warned')]
  const facts = [
    count(hosts.length, 'host'),
    warned > 0 ? count(warned, 'warning') : '',
    tolerated > 0 ? `${count(tolerated, 'step')} tolerated` : '',
    humanTime((phase.ended ?? phase.begun) - phase.begun),
  ]
    .filter(Boolean)
    .join('  ')
  const symbol =
    ok && bad.length === 0
      ? paint.green(SYMBOL.ok)
      : bad.every(({ row }) => row.state === 'cancelled') && bad.length > 0
        ? paint.yellow(SYMBOL.cancelled)
        : paint.red(SYMBOL.failed)
  const column = Math.min(24, Math.max(0, ...bad.map(({ row }) => width(row.host))))
  return [`${symbol} ${phase.title} ${paint.dim(facts)}`, ...bad.map((host) => hostLine(host, column, '', paint))].map((line) =>
    cut(line, columns),
  )
}

const hostLines = (host: HostNode, column: number, output: boolean, { paint, now, spin, columns }: FrameOptions): string[] => {
  const { row } = host
  if (row.state === 'waiting') return [paint.dim(cut(`  ◦ ${pad(row.host, column)}  ${row.doing || 'waiting'}`, columns))]
  if (row.state === 'idle') return [`  ${paint.green(SYMBOL.ok)} ${pad(row.host, column)}  ${paint.dim(humanTime(row.ms))}`]
  if (row.state !== 'running') return [hostLine(host, column, '', paint)]
  // The duration stays at the end of its line, however long the title is.
  const time = humanTime(now - row.since)
  const room = Math.max(10, columns - column - time.length - 8)
  const line = `  ${paint.yellow(spin)} ${pad(row.host, column)}  ${cut(row.doing, room)}  ${paint.dim(time)}`
  return output && row.last !== ''
    ? [line, `    ${' '.repeat(column)}  ${paint.dim(`${cut(oneLine(row.last), columns - column - 8)}`)}`]
    : [line]
}

const hostLine = ({ row, node }: HostNode, column: number, indent: string, paint: Paint): string => {
  const failed = row.state === 'failed' || node.state === 'FAILED'
  const reason = row.doing || node.message.error || ''
  return `${indent}  ${failed ? paint.red(SYMBOL.failed) : paint.dim(SYMBOL.cancelled)} ${pad(row.host, column)}  ${failed ? paint.red(reason) : paint.dim(reason)}`
}

const counts = (hidden: readonly HostNode[], paint: Paint): string => {
  const of = (state: Row['state']): number => hidden.filter(({ row }) => row.state === state).length
  const parts = [
    [of('failed'), 'failed'],
    [of('cancelled'), 'cancelled'],
    [of('running'), 'running'],
    [of('idle'), 'done'],
    [of('waiting'), 'waiting'],
  ] as const
  return paint.dim(
    `    ${parts
      .filter(([n]) => n > 0)
      .map(([n, word]) => `${n} ${word}`)
      .join(', ')}`,
  )
}
