import { humanTime } from '../../values/duration.ts'
import { oneLine } from '../../redact/clean.ts'
import type { Paint } from '../colours.ts'
import type { Phase, Row } from './phase.ts'
import { cut, pad, width } from '../../values/width.ts'
import { count } from '../../values/count.ts'
import { fold } from '../../values/fold.ts'
import { hostNames } from '../../values/host-names.ts'
import { SYMBOL } from '../format.ts'
import { FEW } from '../host-groups.ts'

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

/** A row of the screen: a host, or hosts that do the same. */
interface Shown {
  readonly name: string
  readonly hosts: readonly [HostNode, ...HostNode[]]
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
 * that wait or are done become counts, then hosts that do the same share a row, then those that failed in the same way. What differs
 * disappears last, and what failed last of all.
 */
export const frame = (phase: Phase, hosts: readonly HostNode[], options: FrameOptions): string[] => {
  const { paint, rows, now, spin } = options
  const head = `${paint.yellow(spin)} ${paint.bold(phase.title)} ${paint.dim(`${placeOf(phase, [...phase.rows.keys()])}  ${humanTime(now - phase.begun)}`)}`
  const room = rows - 3
  const show = (chosen: readonly Shown[], output: boolean): string[] => {
    const column = columnOf(chosen)
    return chosen.flatMap((one) => shownLines(one, column, output, options))
  }
  const everything = show(hosts.map(alone), true)
  if (everything.length <= room) return [head, ...everything]

  const urgent = hosts.filter(({ row }) => row.state === 'failed' || row.state === 'cancelled')
  const running = hosts.filter(({ row }) => row.state === 'running')
  const rest = (shown: readonly Shown[]): string[] => {
    const named = new Set(shown.flatMap((one) => one.hosts))
    const hidden = hosts.filter((host) => !named.has(host))
    return hidden.length === 0 ? [] : [counts(hidden, paint)]
  }
  const choices: readonly (readonly [readonly Shown[], output: boolean])[] = [
    [[...urgent, ...running].map(alone), true],
    [[...urgent.map(alone), ...together(running)], false],
    [[...together(urgent), ...together(running)], false],
  ]
  for (const [chosen, output] of choices) {
    const lines = show(inOrder(chosen, hosts), output)
    if (lines.length <= room - 1) return [head, ...lines, ...rest(chosen)]
  }
  const some = [...together(urgent).toSorted(fewerHosts), ...together(running).toSorted(fewerHosts)].slice(0, room - 1)
  return [head, ...show(inOrder(some, hosts), false), ...rest(some)]
}

/** Where a phase is, after its title: `2 hosts`; or of one host, its name. */
const placeOf = ({ title }: Phase, hosts: readonly string[]): string => {
  const [first, ...others] = hosts
  if (first === undefined || others.length > 0) return count(hosts.length, 'host')
  return VERBS.includes(title) ? oneLine(first) : `on ${oneLine(first)}`
}
/** Titles that a host is the object of. */
const VERBS: readonly string[] = ['connect', 'examine', 'check']

/** By the order of the inventory, which is that of `hosts`. */
const inOrder = (chosen: readonly Shown[], hosts: readonly HostNode[]): readonly Shown[] =>
  chosen.toSorted((a, b) => hosts.indexOf(a.hosts[0]) - hosts.indexOf(b.hosts[0]))

const alone = (host: HostNode): Shown => ({ name: host.row.host, hosts: [host] })

/** Hosts in the same state, which do the same or ended with the same reason, as one row each. */
const together = (hosts: readonly HostNode[]): readonly Shown[] =>
  fold(hosts, ({ row, node }) => [row.state, node.state, row.doing, node.message.error]).map((group) => {
    const names = group.map(({ row }) => row.host)
    const { state } = group[0].row
    return { name: hostNames(names, { columns: WIDEST, longer: state === 'running' ? 'count' : 'first' }), hosts: group }
  })

/** The few are what differs from the many. */
const fewerHosts = (a: Shown, b: Shown): number => a.hosts.length - b.hosts.length

/** The most columns that names of hosts take. */
const WIDEST = 24
const columnOf = (shown: readonly Shown[]): number => Math.min(WIDEST, Math.max(0, ...shown.map(({ name }) => width(name))))

/** A finished phase: one line, and one for each host that failed or was cancelled; of many hosts with the same reason, one for all. */
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
    placeOf(
      phase,
      hosts.map(({ row }) => row.host),
    ),
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
  const shown = inOrder(
    together(bad).flatMap((one) => (one.hosts.length > FEW ? [one] : one.hosts.map(alone))),
    bad,
  )
  const column = columnOf(shown)
  return [`${symbol} ${phase.title} ${paint.dim(facts)}`, ...shown.map((one) => endedLine(one, column, paint))].map((line) =>
    cut(line, columns),
  )
}

const shownLines = (shown: Shown, column: number, output: boolean, { paint, now, spin, columns }: FrameOptions): string[] => {
  const { row } = shown.hosts[0]
  const name = pad(shown.name, column)
  if (row.state === 'waiting') return [paint.dim(cut(`  ◦ ${name}  ${row.doing || 'waiting'}`, columns))]
  if (row.state === 'idle') return [`  ${paint.green(SYMBOL.ok)} ${name}  ${paint.dim(humanTime(row.ms))}`]
  if (row.state !== 'running') return [endedLine(shown, column, paint)]
  // The duration stays at the end of its line, however long the title is; of several hosts, that of the slowest.
  const time = humanTime(now - Math.min(...shown.hosts.map((host) => host.row.since)))
  const room = Math.max(10, columns - column - time.length - 8)
  const line = `  ${paint.yellow(spin)} ${name}  ${cut(row.doing, room)}  ${paint.dim(time)}`
  return output && row.last !== ''
    ? [line, `    ${' '.repeat(column)}  ${paint.dim(`${cut(oneLine(row.last), columns - column - 8)}`)}`]
    : [line]
}

const endedLine = ({ name, hosts }: Shown, column: number, paint: Paint): string => {
  const { row, node } = hosts[0]
  const failed = row.state === 'failed' || node.state === 'FAILED'
  const reason = row.doing || node.message.error || ''
  return `  ${failed ? paint.red(SYMBOL.failed) : paint.dim(SYMBOL.cancelled)} ${pad(name, column)}  ${failed ? paint.red(reason) : paint.dim(reason)}`
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
