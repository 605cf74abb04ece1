import { cleanText, oneLine } from '../redact/clean.ts'
import type { FailureReport, Renderer } from '../events/types.ts'
import { EXIT } from '../values/errors.ts'
import type { Paint } from './colours.ts'
import { handle, interruptLine, logLines, type EventOf, type Handlers } from './event-lines.ts'
import { rowLines } from './data-table.ts'
import { failureLines } from './summary.ts'
import { pad, columnsIn, width } from '../values/width.ts'
import { SYMBOL } from './format.ts'
import { createWriter } from './writer.ts'
import type { Target } from './writer.ts'

export interface TaskOutputOptions {
  readonly stdout: Target
  /** warnings and failures, and the stderr of commands */
  readonly stderr: Target
  readonly paint: Paint
  /** how many ms a failure waits for others like it before it is shown: the other hosts may go on for days */
  readonly wait?: number
  /** the log file, for the last line of a failure; undefined while there is none */
  readonly log?: () => string | undefined
}

/** How many bytes may wait for a slow reader: far more than in a deploy, because all output is shown. */
const BUFFER_LIMIT = 64 * 1024 * 1024

/**
 * For tasks that you run to see their output: shows their lines and tables on stdout, and on stderr only what went wrong. With several
 * hosts, each line begins with its host.
 */
export const createTaskOutput = ({ stdout, stderr, paint, wait = 1000, log }: TaskOutputOptions): Renderer => {
  const out = createWriter(stdout, BUFFER_LIMIT)
  const err = createWriter(stderr)
  const failures = createFailures((all) => void err.lines(failureLines(all, paint, columnsIn(stderr, Infinity), names).slice(0, -1)), wait)
  let names: readonly string[] = []
  let column = 0
  const prefix = (host: string | undefined): string =>
    column === 0 || host === undefined ? '' : `${paint.dim(pad(oneLine(host), column))}  `
  const warn = (host: string, text: string): void => void err.lines([`${pad(oneLine(host), column)}  ${text}`])
  const handlers: Handlers = {
    ...outputHandlers((event) => {
      const to = event.stream === 'stdout' ? out : err
      to.lines([`${prefix(event.host)}${cleanText(event.line, paint.on)}`], true)
    }),
    'run:start': ({ hosts }) => {
      names = hosts.map(({ host }) => host)
      column = names.length > 1 ? Math.max(...names.map((host) => width(oneLine(host)))) : 0
    },
    'host:connecting': ({ host, attempt }) => {
      if (attempt > 1) warn(host, `connecting again, attempt ${attempt}`)
    },
    'host:lost': ({ host, reason }) => warn(host, paint.red(`${SYMBOL.failed} connection lost: ${oneLine(reason)}`)),
    table: ({ rows }) => out.lines(rowLines(rows, columnsIn(stdout, Infinity), paint)),
    log: (event) => {
      const start = prefix(event.host)
      const lines = logLines(event, paint, columnsIn(stderr, Infinity) - width(start))
      ;(event.level === 'info' ? out : err).lines(lines.map((text) => start + text))
    },
    failure: ({ failure }) => failures.add(failure),
    interrupt: (event) => err.lines([interruptLine(event, paint)]),
    'run:end': ({ exit, headline }) => {
      failures.flush()
      if (exit === EXIT.done) return
      err.lines([
        ...(failures.shown() ? [] : [paint.red(`${SYMBOL.failed} ${oneLine(headline)}`)]),
        ...(log?.() === undefined ? [] : [paint.dim(`  log: ${oneLine(log()!)}`)]),
      ])
    },
  }
  return {
    name: 'plain',
    event: (event) => handle(handlers, event),
    end: async () => {
      failures.flush()
      await Promise.all([out.drained(), err.drained()])
    },
  }
}

/** What steps print, except for those whose output code reads. */
const outputHandlers = (print: (event: EventOf<'step:output'>) => void): Handlers => {
  const captured = new Set<string>()
  return {
    'step:start': (event) => {
      if (event.captured) captured.add(event.step)
    },
    'step:output': (event) => {
      if (!captured.has(event.step)) print(event)
    },
    'step:end': ({ step }) => void captured.delete(step),
  }
}

/** Failures, shown together with others like them that come within `wait` milliseconds. */
const createFailures = (show: (failures: readonly FailureReport[]) => void, wait: number) => {
  const failures: FailureReport[] = []
  let timer: NodeJS.Timeout | undefined
  let shown = false
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (failures.length === 0) return
    shown = true
    show(failures.splice(0))
  }
  return {
    add: (failure: FailureReport): void => {
      // the last lines of the command are already directly above
      failures.push({ ...failure, output: [] })
      timer ??= setTimeout(flush, wait).unref()
    },
    flush,
    shown: () => shown,
  }
}
