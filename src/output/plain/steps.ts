import { cleanText, oneLine } from '../../redact/clean.ts'
import type { FailureReport } from '../../events/types.ts'
import { cut } from '../../values/width.ts'
import type { EventOf, Handlers } from '../event-lines.ts'
import type { HostLines } from './host-lines.ts'
import type { Paint } from '../colours.ts'
import { describeEnd, progressText, SYMBOL, shortCommand, type StepEnd } from '../format.ts'
import type { GroupLabel } from '../host-groups.ts'
import type { HeldLines } from './held-lines.ts'

export interface PlainStepsOptions {
  readonly out: HostLines
  /** where the lines of a quick step wait for the same from other hosts */
  readonly held: HeldLines
  readonly paint: Paint
  /** how long a silent step may take, in ms, before its start is shown on a line of its own */
  readonly announceAfter: number
  /** also shows what runs, before what it prints */
  readonly verbose: boolean
}

interface Step {
  readonly number: string
  /** its number, and how often its host has run it: every host may come to that */
  readonly once: string
  readonly name: string
  /** what runs, if it is to be shown */
  readonly script: readonly string[]
  readonly host: string
  readonly since: number
  /** what it has printed, while its start is not shown */
  readonly held: string[]
  timer: NodeJS.Timeout | undefined
  shown: boolean
  /** when its progress is shown next */
  progressAt: number
  /** which lines of the output are its last ones */
  readonly printed: number[]
}

/**
 * The lines of steps: a quick one has one line, with its output below; one that takes longer has a line for its start and one for its end. The
 * same step on several hosts has one number.
 */
export const createPlainSteps = (options: PlainStepsOptions) => {
  const { paint, announceAfter, out } = options
  const steps = new Map<string, Step>()
  const make = stepMaker(options.verbose)
  const failed = createFailedOutput(out)
  const lines = stepLines(options)
  const reveal = (step: Step): void => {
    clearTimeout(step.timer)
    if (step.shown) return
    step.shown = true
    lines.start(step)
  }
  const handlers: Handlers = {
    'step:start': (event) => {
      const step = make(event)
      step.timer = setTimeout(() => reveal(step), announceAfter).unref()
      steps.set(event.step, step)
    },
    'step:output': ({ host, step: id, line, at }) => {
      const step = steps.get(id)
      const text = cleanText(line, paint.on)
      if (!step) return void out.output(host, `     ${text}`)
      if (!step.shown && at - step.since < announceAfter && step.held.length < MOST_LINES) return void step.held.push(text)
      reveal(step)
      lines.output(step, text)
    },
    'step:progress': (event) => {
      const step = steps.get(event.step)
      if (!step || event.at < Math.max(step.progressAt, step.since + announceAfter)) return
      step.progressAt = event.at + PROGRESS_EVERY
      reveal(step)
      lines.output(step, progressText(event))
    },
    'step:end': (event) => {
      const step = steps.get(event.step)
      if (!step) return
      steps.delete(event.step)
      clearTimeout(step.timer)
      lines.end(event, step)
      if (event.status === 'failed') failed.add(event, step.printed)
    },
  }
  return {
    handlers,
    /** Shows what running steps have printed so far. */
    catchUp: (): void => {
      for (const step of steps.values()) if (step.held.length > 0) reveal(step)
    },
    /** Forgets the running steps. */
    stop: (): void => {
      for (const step of steps.values()) clearTimeout(step.timer)
      steps.clear()
    },
    withoutShownOutput: failed.without,
  }
}

/** Makes the steps. What runs is shown with the first of those that run the same. */
const stepMaker = (verbose: boolean) => {
  const numberOf = stepNumbers()
  const shown = new Set<string>()
  const named = new Set<string>()
  const runs = new Map<string, number>()
  return (event: EventOf<'step:start'>): Step => {
    const number = numberOf(event)
    const key = JSON.stringify([number, event.command])
    const script = verbose && !shown.has(key) ? scriptLines(event) : []
    const name = cut(nameOf(event), named.has(number) ? 60 : 120)
    shown.add(key)
    named.add(number)
    const onHost = JSON.stringify([event.host, number])
    const run = (runs.get(onHost) ?? 0) + 1
    runs.set(onHost, run)
    return {
      number,
      once: `${number} ${run}`,
      name,
      script,
      host: event.host,
      since: event.at,
      held: [],
      timer: undefined,
      shown: false,
      progressAt: 0,
      printed: [],
    }
  }
}

/**
 * Numbers steps: those with the same task and title have one number on all hosts, even if the command has a host's own paths in it. On one
 * host, steps with different commands have different numbers.
 */
const stepNumbers = (): ((event: EventOf<'step:start'>) => string) => {
  const numbers = new Map<string, string>()
  const commands = new Map<string, string[]>()
  return ({ host, task, title, command }) => {
    const onHost = JSON.stringify([host, task, title])
    const own = commands.get(onHost) ?? []
    commands.set(onHost, own)
    if (!own.includes(command)) own.push(command)
    const key = JSON.stringify([task, title, own.indexOf(command)])
    const number = numbers.get(key) ?? String(numbers.size + 1).padStart(2, '0')
    numbers.set(key, number)
    return number
  }
}

const stepLines = ({ out, held, paint }: PlainStepsOptions) => {
  const script = ({ number, script }: Step, host: string): void =>
    out.ofHost(host, ...script.map((line, i) => paint.dim(`  ${number} ${i === 0 ? '$' : ' '} ${line}`)))
  const output = ({ host, number, printed }: Step, text: string): void => {
    if (out.output(host, `  ${number} ${text}`)) printed.push(out.length())
    if (printed.length > 2 * MOST_LINES) printed.splice(0, MOST_LINES)
  }
  const catchUp = (step: Step): void => step.held.splice(0).forEach((text) => output(step, text))
  const endLine = (event: StepEnd, step: Step, label: string, which: string): void => {
    const { symbol, colour, text } = describeEnd(event, paint)
    const name = step.shown ? step.number : `${step.number} ${step.name}`
    const gap = text === '' ? '' : step.shown ? ' ' : '  '
    const hosts = which === '' ? '' : paint.dim(`  (${which})`)
    out.ofHost(label, `${symbol} ${colour(`${name}${gap}`)}${event.status === 'ok' ? paint.dim(text) : colour(text)}${hosts}`)
  }
  /** What ended in the same way on several hosts, once. Its time is that of the slowest. */
  const endLines = (all: readonly [Ended, ...Ended[]], { label, which }: GroupLabel): void => {
    const [{ event, step }] = all
    endLine({ ...event, ms: Math.max(...all.map((one) => one.event.ms)) }, step, label, which)
    const scripts = event.status === 'skipped' ? [] : all.filter((one) => one.step.script.length > 0)
    for (const one of scripts.slice(0, 1)) script(one.step, label)
    catchUp({ ...step, host: label })
  }
  return {
    start: (step: Step): void => {
      out.ofHost(step.host, `${paint.cyan(SYMBOL.running)} ${step.number} ${step.name}`)
      script(step, step.host)
      catchUp(step)
    },
    output,
    end: (event: EventOf<'step:end'>, step: Step): void => {
      // the warning itself comes next
      if (event.status === 'warned' && !step.shown) return held.passed(step.host, step.once)
      if (step.shown) {
        endLine(event, step, step.host, '')
        catchUp(step)
        held.passed(step.host, step.once)
      } else if (event.status === 'failed') {
        endLines([{ event, step }], { label: step.host, which: '' })
        held.passed(step.host, step.once)
      } else {
        const key = [step.number, event.status, event.code, event.note, step.held]
        held.add({ host: step.host, key, once: step.once, of: { event, step }, show: endLines })
      }
    },
  }
}

/** How a step ended, and what it was. */
interface Ended {
  readonly event: StepEnd
  readonly step: Step
}

/** The task and its step: a title as it is, a command as one. A message is printed by itself. */
const nameOf = ({ task, title, command, message }: EventOf<'step:start'>): string => {
  const untitled = title === command
  if (title.trim() === '' || title === task || (untitled && message)) return oneLine(task)
  return `${oneLine(task)}  ${untitled ? `$ ${shortCommand(command)}` : oneLine(title)}`
}

const scriptLines = ({ title, command, script, message }: EventOf<'step:start'>): readonly string[] => {
  const text = script ?? (message || title === command ? '' : command)
  return text.trim() === '' ? [] : cleanText(text).trim().split('\n')
}

/** Milliseconds between two lines about the progress of a step. */
const PROGRESS_EVERY = 10_000

/** How many lines of a quick step wait for its end. A failure repeats fewer. */
const MOST_LINES = 50
/** How many lines above the failure its output may be and not be repeated. */
const NEAR = 20

/** Remembers where the output of failed steps is, so that output just above a failure is not repeated with it. */
const createFailedOutput = (out: HostLines) => {
  const printed = new Map<string, (readonly number[])[]>()
  const keyOf = ({ host, task }: { readonly host?: string | undefined; readonly task?: string | undefined }) => JSON.stringify([host, task])
  const isNear = (failure: FailureReport): boolean =>
    (printed.get(keyOf(failure)) ?? []).every((lines) => (lines.at(-failure.output.length) ?? -Infinity) > out.length() - NEAR)
  return {
    add: (step: EventOf<'step:end'>, lines: readonly number[]): void =>
      void printed.set(keyOf(step), [...(printed.get(keyOf(step)) ?? []), lines]),
    without: (failures: readonly FailureReport[]): readonly FailureReport[] => {
      const shown = failures.every((failure) => failure.output.length === 0 || (printed.has(keyOf(failure)) && isNear(failure)))
      return shown ? failures.map((failure) => ({ ...failure, output: [] })) : failures
    },
  }
}
