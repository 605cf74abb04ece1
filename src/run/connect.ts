import type { Host } from '../inventory/types.ts'
import type { Session } from '../transport/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { recordFailure, type RunState } from './state.ts'

export type Connect = (host: Host, signal: AbortSignal, onAttempt: (attempt: number) => void) => Promise<Session>

/** Logs in to every host at once. All that fail are told, each once. False when one did. */
export const connectAll = async (state: RunState, hosts: readonly Host[], connect: Connect, signal: AbortSignal): Promise<boolean> => {
  const results = await Promise.allSettled(
    hosts.map(async (host) => {
      const since = Date.now()
      state.emit({ type: 'host:connecting', host: host.name, attempt: 1 })
      const session = await connect(host, signal, (attempt) => {
        if (attempt > 1) state.emit({ type: 'host:connecting', host: host.name, attempt })
      })
      state.sessions.set(host.name, session)
      void session.lost.then((reason) => {
        if (state.lost.has(host.name)) return
        state.lost.set(host.name, reason)
        state.emit({ type: 'host:lost', host: host.name, reason: reason.message })
      })
      state.emit({ type: 'host:connected', host: host.name, ms: Date.now() - since })
    }),
  )
  let ok = true
  results.forEach((result, i) => {
    if (result.status === 'fulfilled') return
    ok = false
    if (!signal.aborted) reportError(state, result.reason, EXIT.unreachable, hosts[i]!.name)
  })
  return ok
}

/** Records an error that was thrown, as a failure. */
export const reportError = (state: RunState, error: unknown, exit: number, host?: string, task?: string): void => {
  const known = error instanceof ShipitError ? error : undefined
  recordFailure(state, {
    host: known?.host ?? host,
    task,
    reason: known?.message ?? (error instanceof Error ? error.message : String(error)),
    output: [],
    hint: known?.hint,
    where: known?.where,
    exit: known?.exit ?? exit,
  })
}
