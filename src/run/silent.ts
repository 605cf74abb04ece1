import type { ProbeResult } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import type { Command } from '../shell/types.ts'
import type { StepOutcome } from '../transport/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { sessionOf } from './link.ts'
import type { RunState } from './state.ts'
import { tellWaiting } from './waiting.ts'

/** Runs commands as one script without events of their own, and gives what each answered. Throws ShipitError when the host goes away. */
export const runSilently = async (
  state: RunState,
  host: Host,
  commands: readonly Command[],
  o: { signal?: AbortSignal; agent?: boolean } = {},
): Promise<ProbeResult[]> => {
  const session = sessionOf(state, host.name)!
  const out = commands.map(() => ({ stdout: [] as Buffer[], stderr: [] as Buffer[] }))
  const waits: (() => void)[] = []
  const outcome = await session.run(
    commands.map((command, id) => ({ id, command: command.allowFailure() })),
    {
      env: { SHIPIT_RUN: state.run },
      ...(o.signal ? { signal: o.signal } : {}),
      ...(o.agent ? { agent: true } : {}),
      sink: {
        frame: (frame) => {
          // the end of one may come after the begin of the next: two streams say it
          if (frame.type === 'begin') waits[frame.id] = tellWaiting(state, host.name, undefined, commands[frame.id]!)
          else if (frame.type === 'end') waits[frame.id]?.()
        },
        output: (id, stream, chunk) => {
          if (id !== undefined) out[id]![stream].push(chunk)
        },
      },
    },
  )
  for (const stop of waits) stop()
  if (outcome.lost || outcome.failed) {
    throw new ShipitError(outcome.lost ? `the connection was lost: ${outcome.lost.message}` : endOf(outcome.failed!, commands), {
      hint: outcome.lost ? undefined : hintOf(outcome.failed!, commands, out),
      host: host.name,
      exit: outcome.lost ? EXIT.unreachable : EXIT.failed,
      cause: outcome.lost,
    })
  }
  return outcome.steps.map((step, i) => ({
    ok: step.code === 0,
    code: step.code ?? -1,
    stdout: Buffer.concat(out[i]!.stdout).toString('utf8'),
    stderr: Buffer.concat(out[i]!.stderr).toString('utf8'),
  }))
}

const endOf = ({ id, reason = 'the script did not end' }: StepOutcome, commands: readonly Command[]): string => {
  const title = commands[id]?.spec.title
  return title === undefined ? reason : `${title}: ${reason}`
}

type Printed = readonly { readonly stdout: readonly Buffer[]; readonly stderr: readonly Buffer[] }[]

const hintOf = ({ id, code }: StepOutcome, commands: readonly Command[], out: Printed): string | undefined => {
  const hint = commands[id]?.spec.hint
  if (typeof hint !== 'function') return hint
  const text = (chunks: readonly Buffer[] = []) => Buffer.concat([...chunks]).toString('utf8')
  return hint({ code, stdout: text(out[id]?.stdout), stderr: text(out[id]?.stderr) })
}
