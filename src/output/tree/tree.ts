import { oneLine } from '../../redact/clean.ts'
import type { Renderer, RunEvent } from '../../events/types.ts'
import { handle, headingLine, interruptLine, releaseLine, type Handlers } from '../event-lines.ts'
import { createMessages } from './messages.ts'
import { track, type Phase } from './phase.ts'
import { createPhaseQueue, type PhaseQueue } from './phase-queue.ts'
import { createOutputLines } from './step-output.ts'
import { createReport, type ReportOptions } from '../report.ts'
import { rowLines } from '../data-table.ts'
import { createScreen, type Screen } from './screen.ts'
import { intercept } from '../intercept-streams.ts'
import { isAsking } from '../intercepted-text.ts'
import { onLend } from '../lent-terminal.ts'
import type { runPhase } from './listr.ts'
import type { Target } from '../writer.ts'

export interface TreeOptions extends ReportOptions {
  readonly stdout: Target
  /** from `listr.ts`, which choose.ts loads only if there is a tree to show */
  readonly run: typeof runPhase
  readonly now?: () => number
  /** what steps print: `none`: only the last line of each host; `typed`: all but what code captures; `all` */
  readonly output?: 'none' | 'typed' | 'all'
}

/**
 * A live tree on a terminal: each finished phase as one line, and the running one with its hosts, what they do and print. Drawn at most ten
 * times a second; events only note what a frame will need.
 */
export const createTree = ({ stdout, paint, run, now = Date.now, output = 'none', log }: TreeOptions): Renderer => {
  const { screen, release } = openScreen(stdout)
  const report = createReport({ paint, log })
  const messages = createMessages(screen, paint)
  const lines = createOutputLines((text) => screen.above(text, true), { all: output === 'all', paint })
  const above = (text: readonly string[]): void => {
    lines.flush()
    screen.above(text)
  }
  const phases: PhaseQueue = createPhaseQueue({
    run: (phase) => run({ phase, screen, paint, now }),
    show: (event) => show(event),
    endsWell: (event, open) => endsWell(event, open, report.failed()),
    beforeClose: lines.flush,
  })
  let hosts: readonly string[] = []
  const handlers: Handlers = {
    ...phaseHandlers(phases, () => hosts),
    'run:start': (event) => {
      hosts = event.hosts.map(({ host }) => host)
      above([headingLine(event, paint, MOST_NAMES)])
    },
    deploy: (event) => above([`  ${releaseLine(event)}`]),
    log: (event) => {
      lines.flush()
      const open = phases.open()
      messages.add(event, open && [...open.phase.rows.keys()])
    },
    table: ({ rows }) => above(rowLines(rows, screen.columns, paint)),
    interrupt: (event) => above([interruptLine(event, paint)]),
    'run:end': (event) => {
      screen.close()
      release()
      above(report.end(event, { columns: screen.columns }))
    },
  }
  const show = (event: RunEvent): void => {
    if (output !== 'none') lines.event(event)
    report.event(event)
    handle(handlers, event)
    const open = phases.open()
    if (open) track(open.phase, event)
    if (event.type === 'host:lost') open?.view.settle(event.host, oneLine(event.reason))
  }
  return {
    name: 'tree',
    event: phases.push,
    end: async () => {
      await phases.closed()
      lines.flush()
      phases.finish(false, now())
      await phases.closed()
      screen.close()
      release()
      screen.above(report.rest(screen.columns))
      await screen.drained()
    },
  }
}

const MOST_NAMES = 4

/** The screen. What other code writes meanwhile goes above it, or in its place while that code asks a question. */
const openScreen = (stdout: Target): { readonly screen: Screen; readonly release: () => void } => {
  const { target, release } = intercept(stdout, (text, stream, write) => {
    if (isAsking() && process[stream].isTTY) screen.lend(() => write(text))
    else if (process[stream].isTTY) screen.above(text.replace(/\n$/, '').split('\n'))
    else write(text)
  })
  const screen = createScreen(target, isAsking)
  const stop = onLend((lent) => lent && screen.lend(() => {}))
  return { screen, release: () => (stop(), release()) }
}

const CONNECT = 'connect'

/** `all`: the hosts of the run. */
const phaseHandlers = (phases: PhaseQueue, all: () => readonly string[]): Handlers => ({
  'host:connecting': ({ host, at }) => {
    if (!phases.open()) phases.start(CONNECT, all().includes(host) ? all() : [host], at)
  },
  'wave:start': ({ title, hosts, at }) => phases.start(title, hosts, at),
  'wave:end': ({ ok, at }) => phases.finish(ok, at),
})

const endsWell = (event: RunEvent, open: Phase, failed: boolean): boolean | undefined => {
  if (event.type === 'wave:start') return true
  if (event.type !== 'run:end') return undefined
  return (!failed && event.exit < 128) || isConnected(open, !failed)
}

/**
 * Whether every host was reached and read: a failure is then something else, which has no phase of its own. `reached`: to be reached is
 * enough, since an interrupt there, as at a question, is no failure of a host.
 */
const isConnected = ({ title, rows }: Phase, reached: boolean): boolean =>
  title === CONNECT && [...rows.values()].every(({ state, connected }) => state === 'idle' || (reached && state === 'running' && connected))
