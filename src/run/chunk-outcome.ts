import type { Host } from '../inventory/types.ts'
import { display } from '../shell/display.ts'
import type { Command, Failed } from '../shell/types.ts'
import type { StepOutcome } from '../transport/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { cut } from '../values/width.ts'
import type { ChunkRun } from './chunk-run.ts'
import type { ChunkReporter } from './chunk-reporter.ts'
import type { StepsOutcome } from './run-steps.ts'
import { hintOf, hintsOf } from './hints.ts'
import { linkLost, LOST_HINT, reportLost } from './link.ts'
import { explainSurvivors } from './explain-lock.ts'
import { markTask, recordFailure, SWITCH_TASK, type RunState } from './state.ts'
import type { OutputTail } from './output-tail.ts'

/** Ends the steps of a script as they turned out, warns, and records failures. Returns whether the script went well. */
export const settleChunk = (reporter: ChunkReporter, outcome: StepsOutcome, o: ChunkRun): boolean => {
  const { state, host } = o
  if (outcome.lost) linkLost(state, host.name, o.session, outcome.lost)
  for (const step of outcome.steps) settleStep(reporter, step, outcome, o)
  for (const { id, left } of outcome.steps) if (left) warn(state, host, reporter.steps[id]!.task, explainSurvivors(left, host))
  const failed = o.quiet ? [] : outcome.steps.filter(({ status }) => status === 'failed')
  for (const step of failed) record(reporter, step, outcome, o)
  if (outcome.lost && failed.length === 0 && !o.quiet) reportLost(state, host.name)
  return outcome.lost === undefined && (outcome.failed === undefined || isFollowEnded(reporter, outcome.failed, o))
}

/** Whether the user stopped following a step, which is not a failure. */
const isFollowEnded = ({ steps }: ChunkReporter, step: StepOutcome, { signal }: ChunkRun): boolean =>
  step.status === 'cancelled' && signal.aborted && steps[step.id]!.command.spec.follow === true

const settleStep = (reporter: ChunkReporter, step: StepOutcome, outcome: StepsOutcome, o: ChunkRun): void => {
  const { state, host } = o
  const { task, command } = reporter.steps[step.id]!
  if (isFollowEnded(reporter, step, o)) {
    state.followed = true
    reporter.end(step.id, 'ok', undefined)
    if (step.reason !== 'cancelled') warnSurvivors(state, host, task, step)
  } else if (step.status === 'failed' || step.status === 'cancelled') {
    reporter.fail(step.id, step.status, step.code, step.reason)
    if (step.status === 'failed' && !outcome.lost) markTask(state, host.name, task, 'failed')
  } else {
    // its end may have come in one stream only, if the connection was cut
    if (step.status === 'skipped') reporter.end(step.id, 'skipped', step.code)
    else if (step.status !== 'not-run') reporter.frame({ type: 'end', id: step.id, code: step.code ?? 0 })
    if (step.status === 'tolerated' && (!o.quiet || command.spec.message !== undefined))
      warnTolerated(state, host, { task, command }, reporter.tails[step.id]!, step)
  }
}

const record = (
  reporter: ChunkReporter,
  { id, code, reason }: StepOutcome,
  { lost, errors }: StepsOutcome,
  { state, host }: ChunkRun,
): void => {
  const { task, command } = reporter.steps[id]!
  const error = errors.get(id)
  if (error !== undefined) return recordError(state, host, { task, command, error })
  const tail = reporter.tails[id]!
  const { message } = command.spec
  recordFailure(state, {
    host: host.name,
    task,
    ...(message !== undefined && code === 1
      ? { reason: message.text, output: [] }
      : { command: commandLine(command), reason: reason ?? `exit ${code}`, output: tail.lines() }),
    hint: lost && task !== SWITCH_TASK ? LOST_HINT : hintsOf(command, failedEnd(tail, code), host, state.reads.get(host.name)?.layout.user),
    exit: lost ? EXIT.unreachable : EXIT.failed,
  })
}

/** A transfer that this side ended: what the host says about that is a consequence. */
const recordError = (state: RunState, host: Host, { task, command, error }: { task: string; command: Command; error: Error }): void =>
  recordFailure(state, {
    host: host.name,
    task,
    command: commandLine(command),
    reason: error.message,
    output: [],
    hint: error instanceof ShipitError ? error.hint : undefined,
    exit: EXIT.failed,
  })

/** Shows a script of several lines as its title, a comment like in a plan; the log has its text. */
const commandLine = (command: Command): string => {
  const text = display(command)
  return command.spec.title !== undefined && text.includes('⏎') ? `# ${command.spec.title}` : text
}

const failedEnd = (tail: OutputTail, code: number | undefined): Failed => ({
  code,
  stdout: tail.text('stdout'),
  stderr: tail.text('stderr'),
})

/** Warns that a followed step was ended, but not everything that it started. */
const warnSurvivors = (state: RunState, host: Host, task: string, { reason = '' }: StepOutcome): void =>
  warn(state, host, task, reason.replace(/^cancelled; /, ''))

/** Tasks that check the same thing warn in the same words, `words`: once per host is enough. */
const warn = (state: RunState, host: Host, task: string, message: string, words = message): void => {
  const key = JSON.stringify([host.name, words])
  if (state.warned.has(key)) return
  state.warned.add(key)
  state.emit({ type: 'log', level: 'warn', host: host.name, task, message })
}

const warnTolerated = (
  state: RunState,
  host: Host,
  step: { task: string; command: Command },
  tail: OutputTail,
  outcome: StepOutcome,
): void => {
  const { message, title, allow } = step.command.spec
  const text = message?.text ?? tail.text('stderr').trim().split('\n').slice(-10).join('\n')
  const hint = hintOf(step.command, failedEnd(tail, outcome.code))
  const subject = `${title ?? cut(display(step.command), LONGEST)}: ${outcome.reason ?? `exit ${outcome.code}`}`
  // where the exit code is one that was named for it, what a script prints is its warning, and complete
  const complete = message !== undefined || (title !== undefined && typeof allow === 'object')
  const parts = [...(complete && text !== '' ? [] : [subject]), text, hint ?? ''].filter((part) => part !== '')
  warn(state, host, step.task, parts.join('\n'), text === '' ? undefined : text)
}

/** How much of a command names it in a warning, in columns. */
const LONGEST = 160
