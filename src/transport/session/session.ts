import { randomBytes } from 'node:crypto'
import type { Host } from '../../inventory/types.ts'
import type { Secret } from '../../values/secret.ts'
import { EXIT, ShipitError } from '../../values/errors.ts'
import { openKeeper } from '../keeper/keeper.ts'
import type { Keeper } from '../keeper/keeper.ts'
import { EstablishedSession } from './established.ts'
import { ShellPool } from './shell-pool.ts'
import { connectionLost } from './reasons.ts'
import { openShell } from './shell.ts'
import { tracks } from './trace.ts'
import type { Connection, Session } from '../types.ts'

export interface SessionOptions {
  /** Marks frames: 8 or more letters and digits that nobody can guess. One per run can serve all its hosts. */
  readonly token?: string
  /** Milliseconds between two heartbeats, 10 s by default. After three without one, the host considers this process dead. */
  readonly heartbeat?: number
  /** Milliseconds between TERM and KILL when something is ended, 5 s by default. */
  readonly grace?: number
  /** How many milliseconds the account has to give a shell, 30 s by default. */
  readonly shellTimeout?: number
  /**
   * How many shells to keep ready, 2 by default: a shell takes two round trips to get ready, a short script takes one. A shell whose script
   * leaves nothing counts, because it runs the next one.
   */
  readonly spares?: number
}

/** sshd's default MaxSessions is 10, and others may use the login too. Includes the keeper. */
const CHANNELS = 8

const ADOPTION = 10_000

/**
 * Starts a session on a login: opens the keeper and the first shells in parallel, and resolves when both have answered. Rejects with a
 * ShipitError (exit 3) if the account gives no shell or too few channels. Closes the connection with the session, and if it rejects.
 */
export const openSession = async (host: Host, connection: Connection, options: SessionOptions = {}): Promise<Session> => {
  const { token = randomBytes(16).toString('hex'), heartbeat = 10_000, grace = 5000, shellTimeout = 30_000, spares = 2 } = options
  const dead = new Map<number, AbortController>()
  const key = randomBytes(8).toString('hex')
  const shells = tracks()
  const pool = new ShellPool({
    spares,
    limit: CHANNELS - 1,
    // an account that prints something instead of a shell will do so again; a refused channel may be granted later
    full: (error) => !(error instanceof ShipitError),
    open: async (agent) => {
      const shell = await openShell(host, connection, { token, agent, shellTimeout, outputArrived: () => openedKeeper?.outputArrived() })
      // waiting shells too: if the end of its channel never arrives, the keeper ends the shell
      const watched = await keeper
      watched.add(shell.pid)
      shells.add(shell.pid)
      void shell.closed.then(({ lost }) => {
        if (!lost) shells.remove(shell.pid)
        if (!dead.has(shell.pid)) watched.remove(shell.pid)
      })
      return shell
    },
  })
  const newKeeper = (): Promise<Keeper> =>
    openKeeper(host, connection, { key, heartbeat, grace, shellTimeout, onDead: (group) => dead.get(group)?.abort() })
  const keeper = newKeeper()
  // a killed keeper leaves groups behind, which another one ends
  const adopt = async (groups: readonly number[], sudoPassword: Secret | undefined): Promise<void> => {
    const second = await inTime(newKeeper(), ADOPTION, () => new Error('no keeper'))
    if (sudoPassword !== undefined) second.trust(sudoPassword)
    for (const group of groups) second.add(group)
    await second.quit()
  }
  let openedKeeper: Keeper | undefined
  try {
    const opened = Promise.all([keeper, inTime(pool.warm(), shellTimeout + 1000, () => oneChannel(host))])
    const lost = connection.lost.then((reason) => Promise.reject(connectionLost(host, reason)))
    openedKeeper = (await Promise.race([opened, lost]))[0]
    return new EstablishedSession({ host, connection, keeper: openedKeeper, pool, token, key, grace, dead, shells, adopt })
  } catch (error) {
    pool.close(error as Error)
    await connection.close()
    throw error
  }
}

const inTime = async <T>(work: Promise<T>, ms: number, error: () => Error): Promise<T> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(error()), ms)
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer))
}

// the keeper got a channel, and no shell did: an account without a shell would have failed by itself by now
const oneChannel = (host: Host): ShipitError =>
  new ShipitError('the host opens only one channel per login, and shipit needs two', {
    exit: EXIT.unreachable,
    host: host.name,
    hint: 'set MaxSessions in its sshd_config to 2 or more (10 is the default)',
  })
