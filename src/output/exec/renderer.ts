import type { Renderer } from '../../events/types.ts'
import { cleanText, oneLine } from '../../redact/clean.ts'
import { EXIT } from '../../values/errors.ts'
import { columnsIn, wrap } from '../../values/width.ts'
import type { Paint } from '../colours.ts'
import { handle, interruptLine, warningBlock, type Handlers } from '../event-lines.ts'
import { hostList, SYMBOL } from '../format.ts'
import { failureLines } from '../summary.ts'
import { createWriter, type Target } from '../writer.ts'
import { collectAnswers, groupAnswers } from './answers.ts'
import { foldedLines } from './folded.ts'
import { answersJson } from './json.ts'

export interface ExecOutputOptions {
  readonly stdout: Target
  /** warnings, hosts that could not be asked, and how the run ended; the stderr of the command if there is one host */
  readonly stderr: Target
  readonly paint: Paint
  readonly json: boolean
  /** the command that shows all that one host prints */
  readonly again: (host: string) => string
  /** milliseconds until the hosts are named that everybody waits for; then every minute */
  readonly wait?: number
  /** the log file; undefined while there is none */
  readonly log?: () => string | undefined
}

/** Far more than in a deploy may wait for a slow reader, because the output is all there is to see. */
const BUFFER_LIMIT = 64 * 1024 * 1024

/**
 * For a command on hosts. What one host prints is shown as it comes, and nothing else. The answers of several are shown when all have
 * ended, equal ones once.
 */
export const createExecOutput = (o: ExecOutputOptions): Renderer => {
  const { paint, log } = o
  const out = createWriter(o.stdout, BUFFER_LIMIT)
  const err = createWriter(o.stderr, BUFFER_LIMIT)
  const width = (): number => columnsIn(o.stderr, Infinity)
  const collected = collectAnswers(paint.on && !o.json)
  let hosts: readonly string[] = []
  let timer: NodeJS.Timeout | undefined
  const streams = (): boolean => hosts.length === 1 && !o.json
  const sayWaiting = (): void => {
    const waiting = hosts.filter((host) => collected.answers.get(host)?.status === 'running')
    if (waiting.length > 0 && waiting.length < hosts.length)
      err.lines([paint.dim(`still runs on ${hostList(waiting, Infinity)}; Ctrl-C ends it`)])
    timer = setTimeout(sayWaiting, 60_000).unref()
  }
  const handlers: Handlers = {
    'run:start': (event) => {
      hosts = event.hosts.map(({ host }) => host)
      if (o.stderr.isTTY) timer = setTimeout(sayWaiting, o.wait ?? 5000).unref()
    },
    'step:output': ({ stream, line }) => {
      if (streams()) (stream === 'stdout' ? out : err).lines([cleanText(line, paint.on)], true)
    },
    log: ({ level, message, host }) => {
      if (level === 'warn') err.lines(warningBlock(`${host === undefined ? '' : `${oneLine(host)}: `}${message}`, paint, width()))
    },
    interrupt: (event) => err.lines([interruptLine(event, paint)]),
    'run:end': ({ exit, headline }) => {
      clearTimeout(timer)
      const { answers, others } = collected
      const all = (host: string) => (log?.() === undefined ? `to see all of it, ${o.again(host)}` : `the log has all of it, ${log()!}`)
      const inOrder = hosts.flatMap((host) => answers.get(host) ?? [])
      if (o.json) out.text(answersJson(hosts, answers, others))
      else if (!streams()) out.lines(foldedLines(groupAnswers(inOrder), { columns: columnsIn(o.stdout, Infinity), paint, all }))
      if (exit === EXIT.done) return
      const failed = inOrder
        .filter(({ status }) => status === 'failed')
        .map(({ host, reason = '', hint }) => ({ host, reason, hint, output: [] }))
      const failures = failureLines([...others, ...(streams() ? failed : [])], paint, width(), hosts)
      err.lines([
        ...(inOrder.length > 0 && !streams() && !o.json ? [''] : []),
        // about one host, the failure has said it
        ...(streams() && failures.length > 0 ? failures.slice(0, -1) : [...failures, ...endLines(headline, paint, width())]),
      ])
    },
  }
  return {
    name: 'exec',
    event: (event) => {
      handle(collected.handlers, event)
      handle(handlers, event)
    },
    end: async () => {
      clearTimeout(timer)
      await Promise.all([out.drained(), err.drained()])
    },
  }
}

const endLines = (headline: string, paint: Paint, columns: number): string[] =>
  wrap(oneLine(headline), columns - 2).map((line, i) => paint.red(`${i === 0 ? SYMBOL.failed : ' '} ${line}`))
