import type { Host } from '../inventory/types.ts'
import { nameOf } from '../transport/keeper/lock.ts'
import type { Session } from '../transport/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { linkLost, linkUp, lostOf, sessionOf } from './link.ts'
import { whyNotLocked } from './explain-lock.ts'
import { recordFailure, type RunState } from './state.ts'

export type Connect = (host: Host, signal: AbortSignal, onAttempt: (attempt: number) => void) => Promise<Session>

/** Logs in to all hosts at once. Reports each that fails, once. Returns false if any did. */
export const connectAll = async (state: RunState, hosts: readonly Host[], connect: Connect, signal: AbortSignal): Promise<boolean> => {
  const results = await Promise.allSettled(hosts.map((host) => logIn(state, host, connect, signal)))
  let ok = true
  results.forEach((result, i) => {
    if (result.status === 'fulfilled') return
    ok = false
    if (!signal.aborted) reportError(state, result.reason, EXIT.unreachable, hosts[i]!.name)
  })
  return ok
}

const RECONNECT_MS = 15_000

/**
 * Reconnects once to each lost host, so that hooks on the failure and recoveries can run there. A host that stays unreachable stays lost.
 * If this run held the lock, it takes it again before anything else: another run may have it by then, and have begun its release.
 */
export const reconnect = async (state: RunState, hosts: readonly Host[], connect: Connect): Promise<void> => {
  const lost = hosts.filter((host) => lostOf(state, host.name))
  await Promise.all(
    lost.map(async (host) => {
      const lostSession = sessionOf(state, host.name)!
      try {
        // the old session may still be replacing its keeper, to end what it left
        const over = orTimeout(lostSession.close())
        await logIn(state, host, connect, AbortSignal.timeout(RECONNECT_MS))
        await over
      } catch {
        return
      }
      if (await fenceOff(state, host, lostSession)) await retakeLock(state, host)
    }),
  )
}

const orTimeout = async (work: Promise<unknown>): Promise<void> => {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, RECONNECT_MS)
  await Promise.race([work.catch(() => {}), late.promise])
  clearTimeout(timer)
}

const FENCE_MS = 60_000

/** Lets nothing run next to leftovers of the lost session: the host counts as lost unless all of them are known to have ended. */
const fenceOff = async (state: RunState, host: Host, lostSession: Session): Promise<boolean> => {
  const session = sessionOf(state, host.name)!
  const trace = lostSession.trace()
  if (trace === undefined) return true
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, FENCE_MS, undefined).unref())
  const ending = await Promise.race([session.fence(trace), late])
  if (ending?.gone === true) return true
  const what = ending === undefined || ending.left.length === 0 ? 'may still run' : `still runs: ${ending.left.map(nameOf).join(', ')}`
  linkLost(state, host.name, session, new Error(`a process of the lost connection ${what}; nothing more is done on this host`))
  return false
}

/** A host whose lock cannot be taken again counts as lost: another run may be working there. */
const retakeLock = async (state: RunState, host: Host): Promise<void> => {
  const request = state.locks.get(host.name)
  const session = sessionOf(state, host.name)!
  if (!request) return
  let reason: Error | undefined
  try {
    const lost = session.lost.then((error): never => {
      throw error
    })
    const result = await Promise.race([session.lock({ ...request, again: true }), lost])
    if (!result.taken) reason = new Error(`its lock could not be taken again: ${whyNotLocked(result, host, request.deployTo)}`)
  } catch (error) {
    reason = error as Error
  }
  if (reason) linkLost(state, host.name, session, reason)
}

const logIn = async (state: RunState, host: Host, connect: Connect, signal: AbortSignal): Promise<void> => {
  const since = Date.now()
  state.emit({ type: 'host:connecting', host: host.name, attempt: 1 })
  const pending = connect(host, signal, (attempt) => {
    if (attempt > 1) state.emit({ type: 'host:connecting', host: host.name, attempt })
  })
  const session = await unlessAborted(pending, signal)
  linkUp(state, host.name, session)
  state.emit({ type: 'host:connected', host: host.name, ms: Date.now() - since })
}

/** Returns the session, or rejects as soon as the signal aborts. Closes a session that arrives too late. */
const unlessAborted = async (coming: Promise<Session>, signal: AbortSignal): Promise<Session> => {
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([coming, stopped.promise])
  } catch (error) {
    void coming.then((late) => late.close()).catch(() => {})
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Records a thrown error as a failure. */
export const reportError = (state: RunState, error: unknown, exit: number, host?: string, task?: string): void => {
  const shipitError = error instanceof ShipitError ? error : undefined
  recordFailure(state, {
    host: shipitError?.host ?? host,
    task,
    reason: shipitError?.message ?? (error instanceof Error ? error.message : String(error)),
    output: [],
    hint: shipitError?.hint,
    where: shipitError?.where,
    exit: shipitError?.exit ?? exit,
  })
}
