import { randomBytes } from 'node:crypto'
import type { Host } from '../inventory/types.ts'
import { compileScript } from '../shell/compile.ts'
import type { ScriptStep } from '../shell/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { openKeeper } from './keeper.ts'
import type { Keeper } from './keeper.ts'
import { shellPool } from './session-pool.ts'
import type { ShellPool } from './session-pool.ts'
import { lossReason } from './session-reasons.ts'
import { runScript } from './session-script.ts'
import { openShell } from './session-shell.ts'
import type { Shell } from './session-shell.ts'
import { stepLog } from './session-steps.ts'
import { tracks } from './session-trace.ts'
import type { Tracks } from './session-trace.ts'
import type { Connection, LockRequest, LockResult, ScriptOptions, ScriptOutcome, Session } from './types.ts'

export interface SessionOptions {
  /** Marks frames: 8 or more letters and digits that nobody can guess. One per run can serve all its hosts. */
  readonly token?: string
  /** Milliseconds between two heartbeats, 10 s by default. After three without one, the host considers this process dead. */
  readonly heartbeat?: number
  /** Milliseconds between TERM and KILL when something is ended, 5 s by default. */
  readonly grace?: number
  /** How many milliseconds the account has to give a shell, 30 s by default. */
  readonly patience?: number
  /** How many shells to keep ready, 2 by default: a shell takes three round trips to get ready, a short script takes one. */
  readonly spares?: number
}

/** sshd's default MaxSessions is 10, and others may use the login too. Includes the keeper. */
const CHANNELS = 8

const ADOPTION = 10_000

/** How long the lock of a lost session may take to become free, on top of the grace for what ran there. */
const AGAIN = 5000

/**
 * Starts a session on a login: opens the keeper and the first shells in parallel, and resolves when both have answered. Rejects with a
 * ShipitError (exit 3) if the account gives no shell or too few channels. Closes the connection with the session, and if it rejects.
 */
export const openSession = async (host: Host, connection: Connection, options: SessionOptions = {}): Promise<Session> => {
  const { token = randomBytes(16).toString('hex'), heartbeat = 10_000, grace = 5000, patience = 30_000, spares = 2 } = options
  const dead = new Map<number, AbortController>()
  const key = randomBytes(8).toString('hex')
  const shells = tracks()
  const pool = shellPool({
    spares,
    limit: CHANNELS - 1,
    // an account that prints something instead of a shell will do so again; a refused channel may be granted later
    full: (error) => !(error instanceof ShipitError),
    open: async (agent) => {
      const shell = await openShell(host, connection, { token, agent, patience, heard: () => kept?.heard() })
      // waiting shells too: if the end of its channel never arrives, the keeper ends the shell
      const { add, remove } = await keeper
      add(shell.pid)
      shells.add(shell.pid)
      void shell.closed.then(({ lost }) => {
        if (!lost) shells.remove(shell.pid)
        if (!dead.has(shell.pid)) remove(shell.pid)
      })
      return shell
    },
  })
  const newKeeper = (): Promise<Keeper> =>
    openKeeper(host, connection, { key, heartbeat, grace, patience, onDead: (group) => dead.get(group)?.abort() })
  const keeper = newKeeper()
  // a killed keeper leaves groups behind, which another one ends
  const adopt = async (groups: readonly number[]): Promise<void> => {
    const second = await inTime(newKeeper(), ADOPTION, new Error('no keeper'))
    for (const group of groups) second.add(group)
    await second.quit()
  }
  let kept: Keeper | undefined
  try {
    const opened = Promise.all([keeper, inTime(pool.warm(), patience + 1000, oneChannel(host))])
    const lost = connection.lost.then((reason) => Promise.reject(gone(host, reason)))
    kept = (await Promise.race([opened, lost]))[0]
    return session({ host, connection, keeper: kept, pool, token, key, grace, dead, shells, adopt })
  } catch (error) {
    pool.close(error as Error)
    await connection.close()
    throw error
  }
}

interface Parts {
  readonly host: Host
  readonly connection: Connection
  readonly keeper: Keeper
  readonly pool: ShellPool
  readonly token: string
  readonly key: string
  readonly grace: number
  /** by the group of each running script: aborted when its shell is gone */
  readonly dead: Map<number, AbortController>
  readonly shells: Tracks
  adopt(groups: readonly number[]): Promise<void>
}

const session = ({ host, connection, keeper, pool, token, key, grace, dead, shells, adopt }: Parts): Session => {
  const lost = new AbortController()
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  const orphaned = keeper.lost.then(async (error) => {
    const groups = [...dead.keys()]
    giveUp(lossReason(error, keeper.slept()))
    await adopt(groups).catch(() => {})
    return error
  })
  const giveUp = (error: Error): void => {
    // before the shells' channels close
    shells.freeze({ key, keeper: keeper.self(), deployTo: locked?.deployTo })
    if (!lost.signal.aborted) lost.abort(error)
    pool.close(error)
  }
  const whenLost = Promise.race([connection.lost, keeper.silent, orphaned]).then((error) => {
    giveUp(lossReason(error, keeper.slept()))
    void connection.close()
    return lost.signal.reason as Error
  })

  const start = async (steps: readonly ScriptStep[], { sink, env, agent, signal }: ScriptOptions): Promise<ScriptOutcome> => {
    const stop = AbortSignal.any(signal ? [signal, closing.signal] : [closing.signal])
    const script = compileScript(steps, { token, key, ...(env ? { env } : {}) })
    if (steps.length === 0 || stop.aborted) return stepLog(steps).outcome(undefined)
    let shell: Shell | undefined
    try {
      shell = await unless(stop, pool.take(agent))
    } catch (error) {
      return stepLog(steps).outcome(closing.signal.aborted ? undefined : (error as Error))
    }
    if (!shell) return stepLog(steps).outcome(undefined)
    const { pid } = shell
    const group = new AbortController()
    dead.set(pid, group)
    const stay = steps.some(({ command }) => command.spec.daemon === true)
    if (stay) keeper.stay(pid)
    const outcome = await runScript({
      shell,
      steps,
      script,
      sink: shells.script(pid, stay, sink),
      signal: stop,
      lost: lost.signal,
      dead: group.signal,
      end: (step) => keeper.end(pid, step),
    })
    dead.delete(pid)
    keeper.remove(pid)
    return outcome
  }

  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    closing.abort()
    const over = new Error('the session is closed')
    pool.close(over)
    await Promise.allSettled(running)
    if (lost.signal.aborted) await whenLost
    else await keeper.quit()
    await connection.close()
  }

  const leave = (): Promise<void> => {
    if (running.size > 0 || lost.signal.aborted || closed) return (closed ??= close())
    closing.abort()
    pool.close(new Error('the session is closed'))
    void keeper.quit()
    connection.leave()
    return (closed = Promise.resolve())
  }

  let locked: LockRequest | undefined
  const lock = async (request: LockRequest): Promise<LockResult> => {
    if (locked) throw new TypeError(`a session asks for one lock, and has asked for that of ${locked.deployTo}`)
    locked = request
    let result: LockResult | undefined
    try {
      result = await keeper.lock(request)
      // the keeper of the lost session was told to end: it first ends what ran there
      for (const end = Date.now() + grace + AGAIN; request.again && !result.taken && result.run === request.run && Date.now() < end;) {
        await new Promise((resolve) => setTimeout(resolve, 250))
        result = await keeper.lock(request)
      }
      return result
    } catch (error) {
      // the keeper is gone, and the session with it: a lost host, not an unavailable lock
      throw gone(host, error as Error)
    } finally {
      if (!result?.taken) locked = undefined
    }
  }

  return {
    host,
    address: connection.address,
    lost: whenLost,
    lock,
    trace: () => shells.trace,
    fence: (trace) => keeper.fence(trace),
    expect: (scripts) => pool.expect(scripts),
    run: (steps, options = {}) => {
      const outcome = start(steps, options)
      running.add(outcome)
      void outcome.finally(() => running.delete(outcome)).catch(() => {})
      return outcome
    },
    close: () => (closed ??= close()),
    leave,
  }
}

/** The shell, or undefined if the signal is faster: then the shell is closed when it arrives. */
const unless = async (signal: AbortSignal, coming: Promise<Shell>): Promise<Shell | undefined> => {
  const stopped = Promise.withResolvers<void>()
  const stop = (): void => stopped.resolve()
  signal.addEventListener('abort', stop, { once: true })
  const shell = await Promise.race([coming, stopped.promise])
  signal.removeEventListener('abort', stop)
  if (shell && !signal.aborted) return shell
  void coming.then((late) => late.close()).catch(() => {})
  return undefined
}

const inTime = async <T>(work: Promise<T>, ms: number, error: Error): Promise<T> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(error), ms)
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer))
}

const gone = (host: Host, cause: Error): ShipitError =>
  cause instanceof ShipitError
    ? cause
    : new ShipitError(`connection lost: ${cause.message}`, { exit: EXIT.unreachable, host: host.name, cause })

// the keeper got a channel, and no shell did: an account without a shell would have failed by itself by now
const oneChannel = (host: Host): ShipitError =>
  new ShipitError('the host opens one channel per login, and two are needed', {
    exit: EXIT.unreachable,
    host: host.name,
    hint: 'set MaxSessions in its sshd_config to 2 or more (10 is the default)',
  })
