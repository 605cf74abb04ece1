import { oneLine } from '../events/clean.ts'
import type { FailureReport, Renderer, RunEvent } from '../events/types.ts'
import type { Paint } from './paint.ts'
import { createPhase, track } from './phase.ts'
import type { Phase } from './phase.ts'
import { findingLines } from './findings.ts'
import type { FindingEvent } from './findings.ts'
import { justTold } from './just-told.ts'
import { createOutputLines } from './output-lines.ts'
import { logLines } from './plain.ts'
import { rowLines } from './rows.ts'
import { createScreen } from './screen.ts'
import { claim } from './stray.ts'
import { asking } from './straytext.ts'
import { failureLines, summary } from './summary.ts'
import { hostList, MARK, releaseName } from './words.ts'
import type { RunningPhase, runPhase } from './listr.ts'
import type { Target } from './writer.ts'

export interface TreeOptions {
  readonly stdout: Target
  readonly paint: Paint
  /** from `listr.ts`, which choose.ts loads only if there is a tree to show */
  readonly run: typeof runPhase
  readonly now?: () => number
  /** what steps print: `none`: only the last line of each host; `typed`: all but what code captures; `all` */
  readonly output?: 'none' | 'typed' | 'all'
  /** the log file, for the last line; undefined while there is none */
  readonly log?: () => string | undefined
}

const CONNECT = 'connect'

/** Whether every host was reached and read: a failure is then something else, which has no phase of its own. */
const connected = ({ title, rows }: Phase): boolean => title === CONNECT && [...rows.values()].every(({ state }) => state === 'idle')

/**
 * A live tree on a terminal: each finished phase as one line, and the running one with its hosts, what they do and print. Drawn at most ten
 * times a second; events only note what a frame will need.
 */
export const createTree = ({ stdout, paint, run, now = Date.now, output = 'none', log }: TreeOptions): Renderer => {
  const { target, release } = claim(stdout, (text, stream, write) => {
    if (asking() && process[stream].isTTY) screen.lend(() => write(text))
    else if (process[stream].isTTY) screen.above(text.replace(/\n$/, '').split('\n'))
    else write(text)
  })
  const screen = createScreen(target, asking)
  const lines = createOutputLines((text) => screen.above(text, true), { all: output === 'all', paint })
  const above = (text: readonly string[]): void => {
    lines.flush()
    screen.above(text)
  }
  const failures: FailureReport[] = []
  const findings: FindingEvent[] = []
  const told = justTold()
  let open: { readonly phase: Phase; readonly view: RunningPhase } | undefined
  let hosts: readonly string[] = []
  // A phase takes a few promises to close after the event that ended it. Later events wait, so that the order on the screen is right.
  let closing: Promise<void> | undefined
  const waiting: RunEvent[] = []

  const start = (title: string, on: readonly string[], at: number): void => {
    const phase = createPhase(title, on, at)
    open = { phase, view: run({ phase, screen, paint, now }) }
  }
  const finish = (ok: boolean, at: number): void => {
    if (!open) return
    const { phase, view } = open
    open = undefined
    lines.flush()
    phase.ended = at
    closing = view.close(ok).then(() => {
      closing = undefined
      pump()
    })
  }
  const pump = (): void => {
    while (closing === undefined && waiting.length > 0) {
      const event = waiting[0]!
      // An event that starts something ends the open phase first, and is then handled again.
      if (open && (event.type === 'wave:start' || event.type === 'run:end'))
        finish(event.type === 'wave:start' || (failures.length === 0 && event.exit < 128) || connected(open.phase), event.at)
      else {
        waiting.shift()
        show(event)
      }
    }
  }
  const show = (event: RunEvent): void => {
    if (output !== 'none') lines.event(event)
    told.event(event)
    switch (event.type) {
      case 'run:start':
        hosts = event.hosts.map(({ host }) => host)
        return above([
          paint.bold(oneLine(`${event.application} ${event.stage}: ${event.tasks.join(' ')}`)) + paint.dim(` on ${hostList(hosts)}`),
        ])
      case 'host:connecting':
        if (!open) start(CONNECT, hosts.includes(event.host) ? hosts : [event.host], event.at)
        break
      case 'wave:start':
        return start(event.title, event.hosts, event.at)
      case 'wave:end':
        return finish(event.ok, event.at)
      case 'deploy':
        return above([
          `  release ${releaseName(event.release, event.revision)}${event.branch === '' ? '' : ` of ${oneLine(event.branch)}`}`,
        ])
      case 'log':
        if (event.level !== 'debug')
          above(logLines(event, paint).map((text) => (event.host === undefined ? text : `${oneLine(event.host)}  ${text}`)))
        return
      case 'table':
        return above(rowLines(event.rows, screen.columns, paint))
      case 'finding':
        return void findings.push(event)
      case 'failure':
        failures.push(event.failure)
        break
      case 'interrupt':
        return above([paint.yellow(`${MARK.warn} ${oneLine(event.message)}`)])
      case 'run:end':
        screen.close()
        release()
        return above([
          ...findingLines(findings, paint, screen.columns),
          ...summary(failures.splice(0), event, {
            paint,
            columns: screen.columns,
            warned: findings.length > 0,
            told: told.all(event),
            log: log?.(),
          }),
        ])
      default:
        break
    }
    if (open) track(open.phase, event)
    if (event.type === 'host:lost' && open) open.view.settle(event.host, oneLine(event.reason))
  }
  return {
    name: 'tree',
    event: (event) => {
      waiting.push(event)
      pump()
    },
    end: async () => {
      while (closing !== undefined) await closing
      lines.flush()
      finish(false, now())
      while (closing !== undefined) await (closing as Promise<void>)
      screen.close()
      release()
      if (failures.length > 0) screen.above(['', ...failureLines(failures.splice(0), paint, screen.columns)])
      await screen.drained()
    },
  }
}
