import type { ProbeResult } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { display } from '../shell/display.ts'
import type { Command } from '../shell/types.ts'
import type { StepOutcome } from '../transport/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { hintOf } from './hints.ts'
import { createCapture, LESS_OUTPUT_HINT, TOO_MUCH_OUTPUT, type CapturedOutput } from './captured-output.ts'
import { sessionOf } from './link.ts'
import type { RunState } from './state.ts'
import { reportWaiting } from './wait-notice.ts'

/** Runs commands as one script without events of their own, and returns their answers. Throws ShipitError if that fails. */
export const probe = async (
  state: RunState,
  host: Host,
  commands: readonly Command[],
  o: { signal?: AbortSignal; agent?: boolean } = {},
): Promise<ProbeResult[]> => {
  const session = sessionOf(state, host.name)!
  const stopNotices: (() => void)[] = []
  const capture = createCapture()
  const outcome = await session.run(
    commands.map((command, id) => ({ id, command: command.allowFailure() })),
    {
      env: { SHIPIT_RUN: state.run },
      signal: o.signal ? AbortSignal.any([o.signal, capture.full]) : capture.full,
      ...(o.agent ? { agent: true } : {}),
      sink: {
        frame: (frame) => {
          // the `end` of one step may arrive after the `begin` of the next: each is sent on two streams
          if (frame.type === 'begin') stopNotices[frame.id] = reportWaiting(state, host.name, undefined, commands[frame.id]!)
          else if (frame.type === 'end') stopNotices[frame.id]?.()
        },
        again: (id, stream) => capture.drop(id, stream),
        output: (id, stream, chunk) => {
          if (id !== undefined) capture.add(id, stream, chunk)
        },
      },
    },
  )
  for (const stop of stopNotices) stop()
  const culprit = capture.culprit()
  if (culprit !== undefined && !outcome.lost) {
    const { spec } = commands[culprit]!
    throw new ShipitError(`${spec.title ?? display(commands[culprit]!)}: ${TOO_MUCH_OUTPUT}`, { hint: LESS_OUTPUT_HINT, host: host.name })
  }
  if (outcome.lost || outcome.failed) {
    throw new ShipitError(outcome.lost ? `the connection was lost: ${outcome.lost.message}` : failureMessage(outcome.failed!, commands), {
      hint: outcome.lost ? undefined : hintFor(outcome.failed!, commands, capture),
      host: host.name,
      exit: outcome.lost ? EXIT.unreachable : EXIT.failed,
      cause: outcome.lost,
    })
  }
  return outcome.steps.map((step, i) => ({
    ok: step.code === 0,
    code: step.code ?? -1,
    stdout: capture.text(i, 'stdout'),
    stderr: capture.text(i, 'stderr'),
  }))
}

const failureMessage = ({ id, reason = 'the script did not end' }: StepOutcome, commands: readonly Command[]): string => {
  const title = commands[id]?.spec.title
  return title === undefined ? reason : `${title}: ${reason}`
}

const hintFor = ({ id, code }: StepOutcome, commands: readonly Command[], capture: CapturedOutput): string | undefined => {
  const command = commands[id]
  return command && hintOf(command, { code, stdout: capture.text(id, 'stdout'), stderr: capture.text(id, 'stderr') })
}
