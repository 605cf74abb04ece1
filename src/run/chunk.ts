import { createStepLines } from '../events/lines.ts'
import type { Host } from '../inventory/types.ts'
import { display } from '../shell/display.ts'
import { render } from '../shell/render.ts'
import type { Command, Frame, Says, ScriptStep } from '../shell/types.ts'
import type { ScriptOutcome, Session, StepOutcome } from '../transport/types.ts'
import { EXIT } from '../values/errors.ts'
import { createKept, TOO_MUCH } from './kept.ts'
import { linkLost, LOST_HINT, tellLost } from './link.ts'
import { tellWaiting } from './waiting.ts'
import { hintOf, hintsOf } from './hints.ts'
import { explainLeft } from './locked.ts'
import { markTask, recordFailure, SWITCH_TASK, type RunState } from './state.ts'

export interface TaskSteps {
  readonly name: string
  readonly steps: readonly Command[]
}
export interface ChunkRun {
  readonly state: RunState
  readonly host: Host
  readonly session: Session
  readonly wave: number
  readonly signal: AbortSignal
  readonly agent?: boolean
  /** keeps all that each step prints (for `run` and `capture`); a step that prints more than kept.ts allows fails */
  readonly keep?: boolean
  /** a failed task does not stop the next one: for checks, which are all reported */
  readonly goOn?: boolean
  /** the caller reports a failure */
  readonly quiet?: boolean
  /** the output is for the caller alone */
  readonly captured?: boolean
}
export interface ChunkResult {
  readonly ok: boolean
  readonly outcomes: readonly StepOutcome[]
  /** what each step printed, in order: all of it with `keep`, otherwise its end */
  readonly printed: readonly Printed[]
}
export interface Printed {
  stdout: string
  stderr: string
  readonly tail: string[]
}

const TAIL_LINES = 40
const TAIL_WIDTH = 1000
const TAIL_BYTES = 16_384

/** Sends tasks to a host as one script, and turns what comes back into events. */
export const runChunk = async (tasks: readonly TaskSteps[], o: ChunkRun): Promise<ChunkResult> => {
  const { state, host, session } = o
  const steps = tasks.flatMap((task, group) =>
    task.steps.map((command, i) => ({ task: task.name, group, command, last: i === task.steps.length - 1 })),
  )
  const started = new Map<string, number>()
  const begun: number[] = []
  const waits: (() => void)[] = []
  const printed = steps.map((): Printed => ({ stdout: '', stderr: '', tail: [] }))
  // a character may be split between two chunks
  const decoders = steps.map(() => ({
    stdout: new TextDecoder('utf-8', { ignoreBOM: true }),
    stderr: new TextDecoder('utf-8', { ignoreBOM: true }),
  }))
  const first = state.steps
  state.steps += steps.length
  const ref = (id: number) => ({ host: host.name, task: steps[id]!.task, step: `${first + id + 1}` })

  const lines = createStepLines((step, stream, line) => {
    const id = Number(step)
    const { tail } = printed[id]!
    // the failure, or the warning, says it
    const { says } = steps[id]!.command.spec
    if (says !== undefined && says.level !== 'note') return
    tail.push(line.length > TAIL_WIDTH ? `${line.slice(0, TAIL_WIDTH)}…` : line)
    if (tail.length > TAIL_LINES) tail.shift()
    state.emit({ type: 'step:output', ...ref(id), stream, line })
  })
  const begin = (id: number) => {
    const { task, command } = steps[id]!
    if (!started.has(task)) {
      started.set(task, Date.now())
      markTask(state, host.name, task, 'started')
      state.emit({ type: 'task:start', host: host.name, task, wave: o.wave })
    }
    begun[id] = Date.now()
    waits[id] = tellWaiting(state, host.name, task, command)
    if (command.spec.follow) state.follow?.(true)
    const { says } = command.spec
    const text = says === undefined ? display(command) : sayingOf(says)
    const script = render(command, { secrets: 'mask' }).toString()
    state.emit({
      type: 'step:start',
      ...ref(id),
      title: command.spec.title ?? text,
      command: text,
      ...(script === text || says !== undefined ? {} : { script }),
      ...(o.captured ? { captured: true } : {}),
    })
  }
  const ended = new Set<number>()
  const end = (id: number, status: 'ok' | 'skipped' | 'tolerated' | 'failed' | 'cancelled', code: number | undefined, note?: string) => {
    if (ended.has(id)) return
    ended.add(id)
    waits[id]?.()
    lines.end(`${id}`)
    const { task, last, command } = steps[id]!
    if (command.spec.follow && begun[id] !== undefined) state.follow?.(false)
    state.emit({
      type: 'step:end',
      ...ref(id),
      status,
      code,
      ms: Date.now() - (begun[id] ?? Date.now()),
      ...(note === undefined ? {} : { note }),
    })
    const ok = status !== 'failed' && status !== 'cancelled'
    if (ok && last) markTask(state, host.name, task, 'done')
    if (!ok || last)
      state.emit({ type: 'task:end', host: host.name, task, wave: o.wave, ok, ms: Date.now() - (started.get(task) ?? Date.now()) })
  }
  const frame = (f: Frame) => {
    if (f.type === 'begin') begin(f.id)
    else if (f.type === 'skip') end(f.id, 'skipped', f.code)
    else if (f.type === 'end' && f.code === 0) end(f.id, 'ok', 0)
    else if (f.type === 'end' && f.guard === undefined && tolerates(steps[f.id]!.command, f.code)) end(f.id, 'tolerated', f.code)
  }
  // from here on the switch may happen, even if the host never reports it
  const switching = steps.findIndex(({ task }) => task === SWITCH_TASK)
  if (switching >= 0) state.unsure.add(host.name)
  const kept = o.keep ? createKept() : undefined
  const ran = await session.run(
    steps.map(({ command, group }, id): ScriptStep => ({ id, command, ...(o.goOn ? { goOn: group } : {}) })),
    {
      signal: kept ? AbortSignal.any([o.signal, kept.full]) : o.signal,
      env: { SHIPIT_RUN: state.run },
      ...(o.agent ? { agent: true } : {}),
      sink: {
        frame,
        output: (id, stream, chunk) => {
          if (id === undefined) return
          if (kept) kept.add(id, stream, chunk)
          else printed[id]![stream] = (printed[id]![stream] + decoders[id]![stream].decode(chunk, { stream: true })).slice(-TAIL_BYTES)
          lines.write(`${id}`, stream, chunk)
        },
      },
    },
  )
  for (const stop of waits) stop?.()
  const outcome = tooMuch(ran, kept?.culprit())
  if (kept) printed.forEach((one, id) => Object.assign(one, { stdout: kept.text(id, 'stdout'), stderr: kept.text(id, 'stderr') }))
  if (outcome.lost) linkLost(state, host.name, session, outcome.lost)
  if (switching >= 0 && !outcome.lost && outcome.steps[switching]?.status === 'not-run') state.unsure.delete(host.name)
  const left = (step: StepOutcome | undefined) =>
    step?.status === 'cancelled' && o.signal.aborted && steps[step.id]!.command.spec.follow === true
  for (const step of outcome.steps) {
    if (left(step)) {
      state.followed = true
      end(step.id, 'ok', undefined)
      if (step.reason !== 'cancelled') warnLeft(state, host, steps[step.id]!.task, step)
    } else if (step.status === 'failed' || step.status === 'cancelled') {
      if (begun[step.id] === undefined) begin(step.id)
      end(step.id, step.status, step.code, step.reason)
      if (step.status === 'failed' && !outcome.lost) markTask(state, host.name, steps[step.id]!.task, 'failed')
    } else if (step.status === 'tolerated' && (!o.quiet || steps[step.id]!.command.spec.says !== undefined))
      warnTolerated(state, host, steps[step.id]!, printed[step.id]!, step)
  }
  for (const { id, left: rest } of outcome.steps) if (rest) warn(state, host, steps[id]!.task, explainLeft(rest, host))
  const failed = outcome.steps.filter(({ status }) => status === 'failed')
  for (const { id, code, reason } of o.quiet ? [] : failed) {
    const { task, command } = steps[id]!
    const { tail, stdout, stderr } = printed[id]!
    const { says } = command.spec
    recordFailure(state, {
      host: host.name,
      task,
      ...(says !== undefined && code === 1
        ? { reason: says.message, output: [] }
        : { command: asTyped(command), reason: reason ?? `exit ${code}`, output: tail }),
      hint:
        outcome.lost && task !== SWITCH_TASK
          ? LOST_HINT
          : hintsOf(command, { code, stdout, stderr }, host, state.reads.get(host.name)?.layout.user),
      exit: outcome.lost ? EXIT.unreachable : EXIT.failed,
    })
  }
  if (outcome.lost && failed.length === 0 && !o.quiet) tellLost(state, host.name)
  return { ok: (outcome.failed === undefined || left(outcome.failed)) && outcome.lost === undefined, outcomes: outcome.steps, printed }
}

/** Fails the step that printed too much, even if it had ended: its output is incomplete. */
const tooMuch = (outcome: ScriptOutcome, culprit: number | undefined): ScriptOutcome => {
  if (culprit === undefined || outcome.lost) return outcome
  const steps = outcome.steps.map((step) => (step.id === culprit ? { ...step, status: 'failed' as const, reason: TOO_MUCH } : step))
  return { ...outcome, steps, failed: steps.find((step) => step.id === culprit) }
}

/** What to call a step that only says something: a failure or a warning by its first line. */
const sayingOf = ({ level, message }: Says): string => (level === 'note' ? 'note' : message.split('\n', 1)[0]!)

/** Shows a script of several lines as its title, a comment like in a plan; the log has its text. */
const asTyped = (command: Command): string => {
  const text = display(command)
  return command.spec.title !== undefined && text.includes('⏎') ? `# ${command.spec.title}` : text
}

const tolerates = ({ spec }: Command, code: number): boolean =>
  spec.allow === true || (Array.isArray(spec.allow) && spec.allow.includes(code))

/** Warns that a followed step was ended, but not everything that it started. */
const warnLeft = (state: RunState, host: Host, task: string, { reason = '' }: StepOutcome): void =>
  warn(state, host, task, reason.replace(/^cancelled; /, ''))

/** Tasks that look at the same thing report the same: once per host is enough. */
const warn = (state: RunState, host: Host, task: string, message: string): void => {
  const key = JSON.stringify([host.name, message])
  if (state.warned.has(key)) return
  state.warned.add(key)
  state.emit({ type: 'log', level: 'warn', host: host.name, task, message })
}

const warnTolerated = (
  state: RunState,
  host: Host,
  step: { task: string; command: Command },
  printed: Printed,
  outcome: StepOutcome,
): void => {
  const said = step.command.spec.says?.message ?? printed.stderr.trim().split('\n').slice(-10).join('\n')
  const hint = hintOf(step.command, { code: outcome.code, stdout: printed.stdout, stderr: printed.stderr })
  const what = step.command.spec.title ?? display(step.command)
  const parts = [said === '' ? `${what}: ${outcome.reason ?? `exit ${outcome.code}`}` : said, ...(hint === undefined ? [] : [hint])]
  warn(state, host, step.task, parts.join('\n'))
}
