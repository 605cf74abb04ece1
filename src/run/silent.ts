import type { ProbeResult } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import type { Command } from '../shell/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import type { RunState } from './state.ts'

/** Runs commands as one script without events of their own, and gives what each answered. Throws ShipitError when the host goes away. */
export const runSilently = async (
  state: RunState,
  host: Host,
  commands: readonly Command[],
  o: { signal?: AbortSignal; agent?: boolean } = {},
): Promise<ProbeResult[]> => {
  const session = state.sessions.get(host.name)!
  const out = commands.map(() => ({ stdout: [] as Buffer[], stderr: [] as Buffer[] }))
  const outcome = await session.run(
    commands.map((command, id) => ({ id, command: command.allowFailure() })),
    {
      env: { SHIPIT_RUN: state.run },
      ...(o.signal ? { signal: o.signal } : {}),
      ...(o.agent ? { agent: true } : {}),
      sink: {
        frame: () => {},
        output: (id, stream, chunk) => {
          if (id !== undefined) out[id]![stream].push(chunk)
        },
      },
    },
  )
  if (outcome.lost || outcome.failed) {
    throw new ShipitError(
      outcome.lost ? `the connection was lost: ${outcome.lost.message}` : (outcome.failed!.reason ?? 'the script did not end'),
      {
        host: host.name,
        exit: outcome.lost ? EXIT.unreachable : EXIT.failed,
        cause: outcome.lost,
      },
    )
  }
  return outcome.steps.map((step, i) => ({
    ok: step.code === 0,
    code: step.code ?? -1,
    stdout: Buffer.concat(out[i]!.stdout).toString('utf8'),
    stderr: Buffer.concat(out[i]!.stderr).toString('utf8'),
  }))
}
