import { ShipitError } from '../values/errors.ts'

/** Handles that the run itself keeps open: connections, shells, the terminal. */
const OWN_HANDLES: ReadonlySet<string> = new Set(['TCPSocketWrap', 'PipeWrap', 'ProcessWrap', 'TTYWrap', 'TLSWrap', 'SignalWrap'])

const countHandles = (): Map<string, number> => {
  const kinds = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  return kinds
}

/** How long code may wait for nothing before the run gives up on it, in milliseconds. */
const STALLED_MS = 30_000

/**
 * Rejects when the code of a task waits for something that can never happen: for all of `ms`, it had no command running, and this process
 * had no timer, request, open file or new connection. Otherwise the connections to the hosts would keep the process alive forever. `stop`
 * ends the watch.
 */
export const watchStalled = (busy: () => boolean, ms: number = STALLED_MS): { readonly stalled: Promise<never>; stop(): void } => {
  const { promise, reject } = Promise.withResolvers<never>()
  const before = countHandles()
  let idleMs = 0
  const every = ms / 30
  const timer = setInterval(() => {
    const waits = busy() || [...countHandles()].some(([kind, now]) => !OWN_HANDLES.has(kind) || now > (before.get(kind) ?? 0))
    idleMs = waits ? 0 : idleMs + every
    if (idleMs < ms) return
    clearInterval(timer)
    reject(
      new ShipitError(`its code waits for a promise that nothing is left to resolve (for ${Math.round(ms / 1000)}s)`, {
        hint: 'look for a promise that is never resolved, or a callback that is never called',
      }),
    )
  }, every)
  timer.unref()
  return { stalled: promise, stop: () => clearInterval(timer) }
}
