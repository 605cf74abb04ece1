import { cleanText, oneLine } from '../events/clean.ts'
import type { FailureReport, Renderer, RunEvent } from '../events/types.ts'
import { EXIT } from '../values/errors.ts'
import type { Paint } from './paint.ts'
import { logLines } from './plain.ts'
import { rowLines } from './rows.ts'
import { failureLines } from './summary.ts'
import { pad, columnsIn, width } from './width.ts'
import { MARK } from './words.ts'
import { createWriter } from './writer.ts'
import type { Target } from './writer.ts'

export interface QuietOptions {
  readonly stdout: Target
  /** warnings and failures, and the stderr of commands */
  readonly stderr: Target
  readonly paint: Paint
  /** how long a failure waits for others like it, in ms, before it is shown; the other hosts may go on for days */
  readonly wait?: number
  /** the log file, for the last line of a failure; undefined while there is none */
  readonly log?: () => string | undefined
}

/** How many bytes may wait for a slow reader: far more than in a deploy, because all output is shown. */
const PATIENCE = 64 * 1024 * 1024

/**
 * For tasks whose output is what was asked for: shows their lines and tables, and only what went wrong in the run, on stderr. If there are
 * several hosts, lines begin with their host.
 */
export const createQuiet = ({ stdout, stderr, paint, wait = 1000, log }: QuietOptions): Renderer => {
  const out = createWriter(stdout, PATIENCE)
  const err = createWriter(stderr)
  const captured = new Set<string>()
  const failures: FailureReport[] = []
  let column = 0
  let timer: NodeJS.Timeout | undefined
  let told = false

  const prefix = (host: string | undefined): string =>
    column === 0 || host === undefined ? '' : `${paint.dim(pad(oneLine(host), column))}  `
  const warn = (host: string, text: string): void => err.lines([`${pad(oneLine(host), column)}  ${text}`])
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (failures.length === 0) return
    told = true
    err.lines(failureLines(failures.splice(0), paint, columnsIn(stderr, Infinity)).slice(0, -1))
  }
  const fail = (failure: FailureReport): void => {
    // the last lines of the command are already directly above
    failures.push({ ...failure, output: [] })
    timer ??= setTimeout(flush, wait).unref()
  }
  const event = (event: RunEvent): void => {
    switch (event.type) {
      case 'run:start':
        return void (column = event.hosts.length > 1 ? Math.max(...event.hosts.map(({ host }) => width(oneLine(host)))) : 0)
      case 'host:connecting':
        return event.attempt > 1 ? warn(event.host, `connecting again, attempt ${event.attempt}`) : undefined
      case 'host:lost':
        return warn(event.host, paint.red(`${MARK.failed} connection lost: ${oneLine(event.reason)}`))
      case 'step:start':
        return event.captured ? void captured.add(event.step) : undefined
      case 'step:output':
        if (captured.has(event.step)) return
        return (event.stream === 'stdout' ? out : err).lines([`${prefix(event.host)}${cleanText(event.line, paint.on)}`], true)
      case 'step:end':
        return void captured.delete(event.step)
      case 'table':
        return out.lines(rowLines(event.rows, columnsIn(stdout, Infinity), paint))
      case 'log':
        if (event.level === 'debug') return
        return (event.level === 'info' ? out : err).lines(logLines(event, paint).map((text) => `${prefix(event.host)}${text}`))
      case 'failure':
        return fail(event.failure)
      case 'interrupt':
        return err.lines([paint.yellow(`${MARK.warn} ${oneLine(event.message)}`)])
      case 'run:end':
        flush()
        if (event.exit === EXIT.done) return
        return err.lines([
          ...(told ? [] : [paint.red(`${MARK.failed} ${oneLine(event.headline)}`)]),
          ...(log?.() === undefined ? [] : [paint.dim(`  log: ${oneLine(log()!)}`)]),
        ])
      default:
        return undefined
    }
  }
  return {
    name: 'plain',
    event,
    end: async () => {
      flush()
      await Promise.all([out.drained(), err.drained()])
    },
  }
}
