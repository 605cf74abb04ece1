import type { Host } from '../inventory/types.ts'
import type { Command } from '../shell/types.ts'
import { connectAll } from './connect.ts'
import { sessionOf } from './link.ts'
import { decideExec } from './outcome.ts'
import { runChunk } from './chunk.ts'
import type { HostsRequest } from './request.ts'
import { EXEC_TASK, type RunState } from './state.ts'
import { visit } from './visit.ts'

export type ExecRequest = HostsRequest & { readonly commandFor: (host: Host) => Command }

/**
 * Runs a command on all hosts in parallel. No host waits for another one, and none is left out because another one fails. Takes no lock.
 * Returns the exit code.
 */
export const runOnHosts = async (request: ExecRequest): Promise<number> => {
  const { exit } = await visit(request, {
    name: EXEC_TASK,
    work: (state) => Promise.all(request.hosts.map((host) => runOn(state, host, request))),
    decide: (state) => decideExec(state, request.hosts),
  })
  return exit
}

const runOn = async (state: RunState, host: Host, { commandFor, connect, interrupt: { signal } }: ExecRequest): Promise<void> => {
  if (!(await connectAll(state, [host], connect, signal)) || signal.aborted) return
  const session = sessionOf(state, host.name)!
  await runChunk([{ name: EXEC_TASK, steps: [commandFor(host)] }], { state, host, session, wave: 1, signal })
}
