import type { ScriptStep } from '../shell/types.ts'
import { runSteps, type StepsOutcome } from './run-steps.ts'
import { ChunkReporter, stepsOf } from './chunk-reporter.ts'
import { settleChunk } from './chunk-outcome.ts'
import type { ChunkResult, ChunkRun, Printed, TaskSteps } from './chunk-run.ts'
import { createCapture, TOO_MUCH_OUTPUT } from './captured-output.ts'
import { usageError } from '../values/errors.ts'
import { SWITCH_TASK } from './state.ts'

/** Sends tasks to a host as one script, and turns what comes back into events. */
export const runChunk = async (tasks: readonly TaskSteps[], o: ChunkRun): Promise<ChunkResult> => {
  const { state, host, session } = o
  const reporter = new ChunkReporter(stepsOf(tasks), o)
  const { steps, tails } = reporter
  // from here on the switch may happen, even if the host never reports it
  const switching = steps.findIndex(({ task }) => task === SWITCH_TASK)
  if (switching >= 0) state.unsure.add(host.name)
  const capture = o.keep ? createCapture() : undefined
  if (steps.some(({ command }) => command.spec.tty)) return runTerminal(reporter, o)
  const outcomeOnHost = await runSteps(
    session,
    steps.map(({ command, group }, id): ScriptStep => ({ id, command, ...(o.checks ? { checkGroup: group } : {}) })),
    {
      signal: capture ? AbortSignal.any([o.signal, capture.full]) : o.signal,
      env: { SHIPIT_RUN: state.run },
      ...(o.agent ? { agent: true } : {}),
      sink: {
        frame: (frame) => reporter.frame(frame),
        again: (id, stream) => {
          capture?.drop(id, stream)
          reporter.again(id, stream)
        },
        output: (id, stream, chunk) => {
          if (id === undefined) return
          capture?.add(id, stream, chunk)
          reporter.output(id, stream, chunk)
        },
      },
      report: (id) => reporter.transfer(id),
    },
  )
  reporter.stop()
  const outcome = failCulprit(outcomeOnHost, capture?.culprit())
  if (switching >= 0 && !outcome.lost && outcome.steps[switching]?.status === 'not-run') state.unsure.delete(host.name)
  const printed = tails.map((tail, id): Printed => ({
    stdout: capture?.text(id, 'stdout') ?? '',
    stderr: capture?.text(id, 'stderr') ?? '',
    bytes: () => capture?.bytes(id, 'stdout') ?? Buffer.alloc(0),
    tail,
  }))
  return { ok: settleChunk(reporter, outcome, o), outcomes: outcome.steps, errors: outcome.errors, printed }
}

/** Hands the terminal to the one step of a chunk. What is on it is for whoever sits there: it is neither kept nor logged. */
const runTerminal = async (reporter: ChunkReporter, o: ChunkRun): Promise<ChunkResult> => {
  const { state, session, signal } = o
  const [first, ...others] = reporter.steps
  const { command, task } = first!
  if (others.length > 0 || o.captured) throw usageError(`${task}: a command with .tty() runs by itself, and nothing can read what it shows`)
  // code gets the error; a lane goes on elsewhere, and this is the failure of its step
  const refused = state.handOver ? undefined : usageError(`${task} needs a terminal, and there is none`, { hint: 'run it at a terminal' })
  if (refused && o.quiet) throw refused
  reporter.frame({ type: 'begin', id: 0 })
  const outcome = refused
    ? failedWith(refused)
    : {
        ...(await state.handOver!((terminal) => session.attach({ id: 0, command }, { terminal, signal }))),
        errors: new Map<number, Error>(),
      }
  reporter.stop()
  return {
    ok: settleChunk(reporter, outcome, o),
    outcomes: outcome.steps,
    errors: outcome.errors,
    printed: reporter.tails.map((tail) => ({ stdout: '', stderr: '', bytes: () => Buffer.alloc(0), tail })),
  }
}

/** The one step, which did not run. */
const failedWith = (error: Error): StepsOutcome => {
  const failed = { id: 0, status: 'failed', code: undefined, reason: error.message, ms: 0 } as const
  return { steps: [failed], failed, lost: undefined, errors: new Map([[0, error]]) }
}

/** Fails the step that printed too much, even if it had ended: its output is incomplete. */
const failCulprit = (outcome: StepsOutcome, culprit: number | undefined): StepsOutcome => {
  if (culprit === undefined || outcome.lost) return outcome
  const steps = outcome.steps.map((step) => (step.id === culprit ? { ...step, status: 'failed' as const, reason: TOO_MUCH_OUTPUT } : step))
  return { ...outcome, steps, failed: steps.find((step) => step.id === culprit) }
}
