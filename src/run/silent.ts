import type { ProbeResult } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { display } from '../shell/display.ts'
import type { Command } from '../shell/types.ts'
import type { StepOutcome } from '../transport/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { hintOf } from './hints.ts'
import { createKept, LESS_HINT, TOO_MUCH, type Kept } from './kept.ts'
import { sessionOf } from './link.ts'
import type { RunState } from './state.ts'
import { tellWaiting } from './waiting.ts'

/** Runs commands as one script without events of their own, and returns their answers. Throws ShipitError if that fails. */
export const runSilently = async (
  state: RunState,
  host: Host,
  commands: readonly Command[],
  o: { signal?: AbortSignal; agent?: boolean } = {},
): Promise<ProbeResult[]> => {
  const session = sessionOf(state, host.name)!
  const waits: (() => void)[] = []
  const kept = createKept()
  const outcome = await session.run(
    commands.map((command, id) => ({ id, command: command.allowFailure() })),
    {
      env: { SHIPIT_RUN: state.run },
      signal: o.signal ? AbortSignal.any([o.signal, kept.full]) : kept.full,
      ...(o.agent ? { agent: true } : {}),
      sink: {
        frame: (frame) => {
          // the `end` of one step may arrive after the `begin` of the next: each is sent on two streams
          if (frame.type === 'begin') waits[frame.id] = tellWaiting(state, host.name, undefined, commands[frame.id]!)
          else if (frame.type === 'end') waits[frame.id]?.()
        },
        output: (id, stream, chunk) => {
          if (id !== undefined) kept.add(id, stream, chunk)
        },
      },
    },
  )
  for (const stop of waits) stop()
  const culprit = kept.culprit()
  if (culprit !== undefined && !outcome.lost) {
    const { spec } = commands[culprit]!
    throw new ShipitError(`${spec.title ?? display(commands[culprit]!)}: ${TOO_MUCH}`, { hint: LESS_HINT, host: host.name })
  }
  if (outcome.lost || outcome.failed) {
    throw new ShipitError(outcome.lost ? `the connection was lost: ${outcome.lost.message}` : endOf(outcome.failed!, commands), {
      hint: outcome.lost ? undefined : hintFor(outcome.failed!, commands, kept),
      host: host.name,
      exit: outcome.lost ? EXIT.unreachable : EXIT.failed,
      cause: outcome.lost,
    })
  }
  return outcome.steps.map((step, i) => ({
    ok: step.code === 0,
    code: step.code ?? -1,
    stdout: kept.text(i, 'stdout'),
    stderr: kept.text(i, 'stderr'),
  }))
}

const endOf = ({ id, reason = 'the script did not end' }: StepOutcome, commands: readonly Command[]): string => {
  const title = commands[id]?.spec.title
  return title === undefined ? reason : `${title}: ${reason}`
}

const hintFor = ({ id, code }: StepOutcome, commands: readonly Command[], kept: Kept): string | undefined => {
  const command = commands[id]
  return command && hintOf(command, { code, stdout: kept.text(id, 'stdout'), stderr: kept.text(id, 'stderr') })
}
