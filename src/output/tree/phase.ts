import { oneLine } from '../../redact/clean.ts'
import type { RunEvent } from '../../events/types.ts'
import { progressText, stepName } from '../format.ts'

/** One host in one phase, as the tree shows it. */
export interface Row {
  readonly host: string
  state: 'waiting' | 'running' | 'idle' | 'failed' | 'cancelled'
  /** it was reached in this phase */
  connected: boolean
  /** what it does, did last, or waits for */
  doing: string
  /** its last line of output */
  last: string
  /** when `doing` began */
  since: number
  /** when the host began, and how long it took to become idle */
  begun: number
  ms: number
  /** tasks that have begun and not ended */
  readonly tasks: Set<string>
  /** running steps; the newest is shown */
  readonly steps: Map<string, { name: string; since: number; captured?: boolean }>
  tolerated: number
  warned: number
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

const createRow = (host: string, at: number): Row => ({
  host,
  state: 'waiting',
  connected: false,
  doing: '',
  last: '',
  since: at,
  begun: at,
  ms: 0,
  tasks: new Set(),
  steps: new Map(),
  tolerated: 0,
  warned: 0,
})

/** Applies an event to the row of its host. Events without a known host change nothing. */
export const track = (phase: Phase, event: RunEvent): Row | undefined => {
  const { host } = event.type === 'failure' ? event.failure : 'host' in event ? event : { host: undefined }
  const row = host === undefined ? undefined : phase.rows.get(host)
  if (!row) return undefined
  switch (event.type) {
    case 'host:connecting':
      begin(row, event.attempt > 1 ? `connecting, attempt ${event.attempt}` : 'connecting', event.at)
      return row
    case 'host:connected':
      row.connected = true
      begin(row, 'connected', event.at)
      return row
    case 'facts':
      idle(row, event.at)
      return row
    case 'host:lost':
      row.state = 'failed'
      row.doing = `connection lost: ${oneLine(event.reason)}`
      return row
    case 'failure':
      // the end of a step has reported it already; without one, the host could not be reached or read
      if (row.state !== 'running' || row.tasks.size > 0) return row
      row.state = 'failed'
      row.doing = oneLine(event.failure.reason.split('\n')[0]!)
      return row
    case 'host:waiting':
      row.state = 'waiting'
      row.doing = `waiting for ${oneLine(event.reason)}`
      return row
    case 'task:start':
      row.tasks.add(event.task)
      begin(row, oneLine(event.task), event.at)
      return row
    case 'task:end':
      row.tasks.delete(event.task)
      if (!event.ok && row.state === 'running') {
        row.state = 'failed'
        row.doing = `failed  ${oneLine(event.task)}`
      } else resume(row, event.at)
      return row
    case 'step:start':
      row.steps.set(event.step, { name: stepName(event), since: event.at, ...(event.captured ? { captured: true } : {}) })
      begin(row, stepName(event), event.at)
      return row
    case 'step:output':
      // Kept raw: of a thousand lines, only those that a frame catches are measured and cut.
      if (event.line !== '') row.last = event.line
      return row
    case 'step:progress':
      row.last = progressText(event)
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
  if (row.state === 'waiting' && row.doing === '') row.begun = at
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

/** Shows what a host does after a step or task has ended: another step, the task around it, or nothing. */
const resume = (row: Row, at: number): void => {
  if (row.state !== 'running') return
  const step = [...row.steps.values()].at(-1)
  const task = [...row.tasks].at(-1)
  if (step) begin(row, step.name, step.since)
  else if (task !== undefined) begin(row, oneLine(task), at)
  else idle(row, at)
}

const endStep = (row: Row, event: Extract<RunEvent, { type: 'step:end' }>): void => {
  const step = row.steps.get(event.step)
  row.steps.delete(event.step)
  // the command of h.test may fail
  if (event.status === 'tolerated' && !step?.captured) row.tolerated++
  if (event.status === 'warned') row.warned++
  const name = step?.name ?? oneLine(event.task)
  if (event.status === 'failed') {
    row.state = 'failed'
    row.doing = `${oneLine(event.note ?? (event.code === undefined ? 'failed' : `exit ${event.code}`))}  ${name}`
  } else if (event.status === 'cancelled' && row.state !== 'failed') {
    row.state = 'cancelled'
    row.doing = `cancelled  ${name}`
  } else resume(row, event.at)
}
