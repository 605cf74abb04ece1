import { oneLine } from '../events/clean.ts'
import type { RunEvent } from '../events/types.ts'
import { stepName } from './words.ts'

/** One host in one phase, as the tree shows it. */
export interface Row {
  readonly host: string
  state: 'waiting' | 'running' | 'idle' | 'failed' | 'cancelled'
  /** what it does, or did last */
  doing: string
  /** its last line of output */
  last: string
  /** when `doing` began */
  since: number
  /** when the host began, and what it took until it was idle */
  begun: number
  ms: number
  /** steps that are running; the newest is shown */
  readonly steps: Map<string, { name: string; since: number }>
  tolerated: number
}

export interface Phase {
  readonly title: string
  readonly rows: Map<string, Row>
  readonly begun: number
  ended: number | undefined
}

export const createPhase = (title: string, hosts: readonly string[], at: number): Phase => ({
  title: oneLine(title),
  rows: new Map(hosts.map((host) => [host, createRow(host, at)])),
  begun: at,
  ended: undefined,
})

const createRow = (host: string, at: number): Row => ({ host, state: 'waiting', doing: '', last: '', since: at, begun: at, ms: 0, steps: new Map(), tolerated: 0 })

/** Takes an event of a host into its row. Unknown hosts and events of no host change nothing. */
export const track = (phase: Phase, event: RunEvent): Row | undefined => {
  const row = 'host' in event && event.host !== undefined ? phase.rows.get(event.host) : undefined
  if (!row) return undefined
  switch (event.type) {
    case 'host:connecting':
      begin(row, event.attempt > 1 ? `connecting, attempt ${event.attempt}` : 'connecting', event.at)
      return row
    case 'host:connected':
      begin(row, 'connected', event.at)
      return row
    case 'facts':
      idle(row, event.at)
      return row
    case 'host:lost':
      row.state = 'failed'
      row.doing = `connection lost: ${oneLine(event.reason)}`
      return row
    case 'task:start':
      begin(row, oneLine(event.task), event.at)
      return row
    case 'task:end':
      if (!event.ok && row.state !== 'cancelled') row.state = 'failed'
      else if (row.state === 'running') idle(row, event.at)
      return row
    case 'step:start':
      row.steps.set(event.step, { name: stepName(event), since: event.at })
      begin(row, stepName(event), event.at)
      return row
    case 'step:output':
      // Kept as it is: of a thousand lines only the ones that a frame catches are ever measured and cut.
      if (event.line !== '') row.last = event.line
      return row
    case 'step:end':
      endStep(row, event)
      return row
    default:
      return undefined
  }
}

const begin = (row: Row, doing: string, at: number): void => {
  if (row.state === 'failed' || row.state === 'cancelled') return
  if (row.state === 'waiting') row.begun = at
  row.state = 'running'
  row.doing = doing
  row.since = at
  row.last = ''
}

const idle = (row: Row, at: number): void => {
  row.state = 'idle'
  row.ms = at - row.begun
  row.last = ''
}

const endStep = (row: Row, event: Extract<RunEvent, { type: 'step:end' }>): void => {
  const step = row.steps.get(event.step)
  row.steps.delete(event.step)
  if (event.status === 'tolerated') row.tolerated++
  if (event.status === 'failed') {
    row.state = 'failed'
    row.doing = `${step?.name ?? oneLine(event.task)}: ${oneLine(event.note ?? (event.code === undefined ? 'failed' : `exit ${event.code}`))}`
  } else if (event.status === 'cancelled' && row.state !== 'failed') {
    row.state = 'cancelled'
    row.doing = `${step?.name ?? oneLine(event.task)}: cancelled`
  } else {
    const running = [...row.steps.values()].at(-1)
    if (running) begin(row, running.name, running.since)
  }
}
