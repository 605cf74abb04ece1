import { humanTime } from '../values/duration.ts'
import { cleanText, oneLine } from '../events/clean.ts'
import type { FailureReport, Renderer, RunEvent } from '../events/types.ts'
import type { Paint } from './paint.ts'
import { findingLines } from './findings.ts'
import type { FindingEvent } from './findings.ts'
import { justTold } from './just-told.ts'
import { rowLines } from './rows.ts'
import { failureLines, summary } from './summary.ts'
import { cut, pad, columnsIn, width } from './width.ts'
import { ending, hostList, MARK, releaseName, shortCommand, stepName } from './words.ts'
import { createWriter } from './writer.ts'
import type { Target } from './writer.ts'

export interface PlainOptions {
  readonly stdout: Target
  readonly paint: Paint
  /** how long a silent step may take, in ms, before its start is shown on a line of its own */
  readonly linger?: number
  /** the log file, for the last line; undefined while there is none */
  readonly log?: () => string | undefined
}

interface Step {
  readonly number: string
  readonly name: string
  /** the command, if the name does not show it and it has not been shown yet */
  readonly command: string | undefined
  timer: NodeJS.Timeout | undefined
  shown: boolean
}

/**
 * Lines for CI logs and pipes. Each begins with its host, and the same step on several hosts has one number, so that you can follow
 * interleaved output. A quick, silent step takes one line; one that prints or takes longer has a start and an end line.
 */
export const createPlain = ({ stdout, paint, linger = 1000, log }: PlainOptions): Renderer => {
  const out = createWriter(stdout)
  const steps = new Map<string, Step>()
  const numbers = new Map<string, string>()
  const failures: FailureReport[] = []
  const findings: FindingEvent[] = []
  const told = justTold()
  const connected = new Map<string, number>()
  let column = 0
  const line = (host: string, text: string): string => `${pad(oneLine(host), column)}  ${text}`
  const say = (host: string, text: string): void => out.lines([line(host, text)])

  const begin = (event: Extract<RunEvent, { type: 'step:start' }>): void => {
    const key = JSON.stringify([event.task, event.title, event.command])
    const known = numbers.get(key)
    const number = known ?? String(numbers.size + 1).padStart(2, '0')
    numbers.set(key, number)
    // the first line of a long script says nothing; the log file has all of it
    const shows = known === undefined && !event.command.includes('⏎') && shortCommand(event.command) !== oneLine(event.title)
    const command = shows ? shortCommand(event.command) : undefined
    const step: Step = {
      number,
      name: known === undefined ? stepName(event) : cut(stepName(event), 60),
      command,
      timer: undefined,
      shown: false,
    }
    step.timer = setTimeout(() => reveal(event.host, step), linger).unref()
    steps.set(event.step, step)
  }
  const reveal = (host: string, step: Step): void => {
    clearTimeout(step.timer)
    if (step.shown) return
    step.shown = true
    say(host, `${paint.cyan(MARK.running)} ${step.number} ${step.name}`)
    typed(host, step)
  }
  const typed = (host: string, step: Step): void => {
    if (step.command !== undefined) say(host, paint.dim(`  ${step.number}   $ ${cut(step.command, 120)}`))
  }
  const finish = (event: Extract<RunEvent, { type: 'step:end' }>): void => {
    const step = steps.get(event.step)
    if (!step) return
    steps.delete(event.step)
    clearTimeout(step.timer)
    const { mark, colour, words } = ending(event, paint)
    const name = step.shown ? '' : `${step.name}  `
    say(event.host, `${mark} ${colour(`${step.number} ${name}`)}${event.status === 'ok' ? paint.dim(words) : colour(words)}`)
    if (!step.shown && event.status !== 'skipped') typed(event.host, step)
  }

  const event = (event: RunEvent): void => {
    told.event(event)
    switch (event.type) {
      case 'run:start':
        column = Math.max(0, ...event.hosts.map(({ host }) => width(oneLine(host))))
        return out.lines([
          paint.bold(oneLine(`${event.application} ${event.stage}: ${event.tasks.join(' ')}`)) +
            paint.dim(
              ` on ${hostList(
                event.hosts.map(({ host }) => host),
                8,
              )}, shipit ${event.version}`,
            ),
        ])
      case 'host:connecting':
        return event.attempt > 1 ? say(event.host, paint.dim(`connecting again, attempt ${event.attempt}`)) : undefined
      case 'host:connected':
        return void connected.set(event.host, event.ms)
      case 'host:lost':
        return say(event.host, paint.red(`${MARK.failed} connection lost: ${oneLine(event.reason)}`))
      case 'facts':
        return say(
          event.host,
          paint.dim(`connected in ${humanTime(connected.get(event.host) ?? event.ms)}, live: ${releaseName(event.live, event.revision)}`),
        )
      case 'deploy':
        return out.lines([
          `release ${releaseName(event.release, event.revision)}${event.branch === '' ? '' : ` of ${oneLine(event.branch)}`}`,
        ])
      case 'wave:start':
        return out.lines(['', paint.bold(`== ${oneLine(event.title)}`) + paint.dim(` on ${hostList(event.hosts, 8)}`)])
      case 'step:start':
        return begin(event)
      case 'step:output': {
        const step = steps.get(event.step)
        if (step) reveal(event.host, step)
        return out.lines([line(event.host, `  ${step?.number ?? '  '} ${cleanText(event.line, paint.on)}`)], true)
      }
      case 'step:end':
        return finish(event)
      case 'log':
        return event.level === 'debug'
          ? undefined
          : out.lines(logLines(event, paint).map((text) => (event.host === undefined ? text : line(event.host, text))))
      case 'table':
        return out.lines(rowLines(event.rows, columnsIn(stdout, Infinity), paint))
      case 'finding':
        return void findings.push(event)
      case 'failure':
        return void failures.push(event.failure)
      case 'interrupt':
        return out.lines(['', paint.yellow(`${MARK.warn} ${oneLine(event.message)}`), ''])
      case 'run:end':
        for (const step of steps.values()) clearTimeout(step.timer)
        steps.clear()
        return out.lines([
          ...findingLines(findings, paint, columnsIn(stdout, Infinity)),
          ...summary(failures.splice(0), event, {
            paint,
            columns: columnsIn(stdout, 80),
            wrap: columnsIn(stdout, Infinity),
            warned: findings.length > 0,
            told: told.all(event),
            log: log?.(),
          }),
        ])
      case 'wave:end':
        return event.ok ? undefined : out.lines([paint.red(`${MARK.failed} failed after ${humanTime(event.ms)}`)])
      case 'host:waiting':
      case 'lock:taken':
      case 'plan':
      case 'task:start':
      case 'task:end':
        return undefined
    }
  }
  return {
    name: 'plain',
    event,
    end: () => {
      // A run that ended without `run:end` still shows its failures.
      if (failures.length > 0) out.lines(['', ...failureLines(failures, paint, columnsIn(stdout, Infinity))])
      return out.drained()
    },
  }
}

/** The lines of a log message, for plain output and above the tree. */
export const logLines = (event: Extract<RunEvent, { type: 'log' }>, paint: Paint): string[] => {
  const [first = '', ...more] = cleanText(event.message, paint.on).split('\n')
  const lines = [first, ...more.map((text) => `  ${text}`)]
  return event.level === 'warn' ? lines.map((text, i) => paint.yellow(i === 0 ? `${MARK.warn} ${text}` : text)) : lines
}
