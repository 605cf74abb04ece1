import { humanTime } from '../../values/duration.ts'
import { oneLine } from '../../redact/clean.ts'
import type { Renderer } from '../../events/types.ts'
import { columnsIn } from '../../values/width.ts'
import { handle, headingLine, interruptLine, logLines, releaseLine, type Handlers } from '../event-lines.ts'
import { createHeldLines, type HeldLines } from './held-lines.ts'
import { createHostLines, type HostLines } from './host-lines.ts'
import type { Paint } from '../colours.ts'
import { createPlainSteps } from './steps.ts'
import { createReport, type ReportOptions } from '../report.ts'
import { rowLines } from '../data-table.ts'
import { hostList, SYMBOL, releaseName } from '../format.ts'
import type { Target } from '../writer.ts'

export interface PlainOptions extends ReportOptions {
  readonly stdout: Target
  /** how long a silent step may take, in ms, before its start is shown on a line of its own */
  readonly announceAfter?: number
  /** also shows what runs, before what it prints */
  readonly verbose?: boolean
  /** begins and ends a phase in another way than by a heading */
  readonly group?: Group
}

/** How a CI system folds the lines of a phase. */
export interface Group {
  start(title: string): void
  /** Does nothing if none has been started. */
  end(): void
}

/**
 * Lines for CI logs and pipes. Each begins with its host, and the steps have numbers, so that you can follow interleaved output. With more
 * than four hosts, lines about what has ended wait until no other host can have the same, for up to a second, and equal ones become one.
 */
export const createPlain = ({ stdout, paint, announceAfter = 1000, verbose = false, log, group }: PlainOptions): Renderer => {
  const out = createHostLines(stdout)
  const held = createHeldLines(announceAfter)
  out.before(held.flush)
  const steps = createPlainSteps({ out, held, paint, announceAfter, verbose })
  const report = createReport({ paint, log })
  // a log has no width
  const width = (): number => columnsIn(stdout, Infinity)
  const handlers: Handlers = {
    ...runHandlers(out, held, paint, group),
    ...hostHandlers(out, held, paint, width),
    ...steps.handlers,
    interrupt: (event) => {
      steps.catchUp()
      out.lines(['', interruptLine(event, paint), ''])
    },
    table: ({ rows }) => out.lines(rowLines(rows, width(), paint)),
    'run:end': (event) => {
      steps.catchUp()
      steps.stop()
      held.flush()
      out.lines(report.end(event, { columns: columnsIn(stdout, 80), wrapAt: width() }, steps.withoutShownOutput))
    },
  }
  return {
    name: 'plain',
    event: (event) => {
      report.event(event)
      handle(handlers, event)
    },
    end: () => {
      steps.catchUp()
      steps.stop()
      held.flush()
      out.lines(report.rest(width()))
      return out.drained()
    },
  }
}

const runHandlers = (out: HostLines, held: HeldLines, paint: Paint, group: Group | undefined): Handlers => ({
  'run:start': (event) => {
    const hosts = event.hosts.map(({ host }) => host)
    out.hosts(hosts)
    held.among(hosts)
    out.lines([headingLine(event, paint, MOST_NAMES, ` (shipit ${event.version})`)])
  },
  deploy: (event) => out.lines([releaseLine(event)]),
  'wave:start': ({ title, hosts }) => {
    held.among(hosts)
    const [name, where] = [oneLine(title), ` on ${hostList(hosts, MOST_NAMES)}`]
    if (group) group.start(name + where)
    else out.lines(['', paint.bold(`== ${name}`) + paint.dim(where)])
  },
  'wave:end': () => {
    held.flush()
    group?.end()
  },
})

const MOST_NAMES = 8

const hostHandlers = (out: HostLines, held: HeldLines, paint: Paint, width: () => number): Handlers => {
  const connected = new Map<string, number>()
  return {
    'host:connecting': ({ host, attempt }) => {
      if (attempt > 1) out.ofHost(host, paint.dim(`connecting again, attempt ${attempt}`))
    },
    'host:connected': ({ host, ms }) => void connected.set(host, ms),
    'host:lost': ({ host, reason }) => out.ofHost(host, paint.red(`${SYMBOL.failed} connection lost: ${oneLine(reason)}`)),
    facts: ({ host, ms, live, revision }) =>
      held.add({
        host,
        key: ['facts', live, revision],
        once: 'facts',
        of: connected.get(host) ?? ms,
        show: (times, { label, which }) => {
          const text = `connected in ${humanTime(Math.max(...times))}, live: ${releaseName(live, revision)}`
          out.ofHost(label, paint.dim(`${text}${which === '' ? '' : `  (${which})`}`))
        },
      }),
    log: (event) => {
      if (event.host === undefined) return out.lines(logLines(event, paint, width()))
      if (event.level === 'debug') return
      held.add({
        host: event.host,
        key: ['log', event.level, event.message],
        of: event,
        show: ([first], { label, which }) =>
          out.ofHost(label, ...logLines(first, paint, width() - out.indent()), ...(which === '' ? [] : [paint.dim(`  (${which})`)])),
      })
    },
  }
}
