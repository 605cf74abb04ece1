import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import type { Auth } from '../auth/handler.ts'
import { loginTimedOut, type Phase } from './failure.ts'
import type { HostCheck } from '../hostkeys/check.ts'
import { coalesceWrites } from '../ssh2-internals/write-coalescing.ts'

/** Time limit for a login in ms, without the time that the user takes to enter a passphrase or confirm a key. */
const LOGIN_TIMEOUT = 20_000

export interface LoginOptions {
  readonly NodeSSH: typeof import('node-ssh').NodeSSH
  readonly socket: Duplex
  readonly user: string
  readonly auth: Auth
  readonly check: HostCheck
  /** forwarded to channels that ask for it */
  readonly agent: import('ssh2').BaseAgent | undefined
  readonly signal: AbortSignal
  readonly onPhase: (phase: Phase) => void
  readonly loginTimeout?: number
}

/** A logged-in ssh2 client. `gone` resolves with the reason once the connection is gone. */
export interface LoggedIn {
  readonly client: Client
  readonly gone: Promise<Error>
}

/** Does the handshake, the host key check and the login on a socket. On the first error, destroys the socket and rejects. */
export const login = async (options: LoginOptions): Promise<LoggedIn> => {
  const ssh = new options.NodeSSH()
  let cause: Error | undefined
  const connecting = ssh.connect({
    sock: options.socket as never,
    username: options.user,
    authHandler: options.auth.handler as never,
    hostVerifier: (key: Buffer) => options.check.verify(key),
    algorithms: { serverHostKey: [...options.check.algorithms], hmac: [...MACS] },
    keepaliveInterval: 15_000,
    keepaliveCountMax: 3,
    // off: `startClock` does this, and pauses while the user types a passphrase
    readyTimeout: 0,
    ...(options.agent === undefined ? {} : { agent: options.agent as never }),
  })
  const client = ssh.connection!
  // node-ssh removes its listener once it is ready; without one, a reset connection would end the process
  client.on('error', (error: Error) => (cause ??= error))
  const gone = new Promise<Error>((resolve) => client.once('close', () => resolve(cause ?? new Error('the server closed the connection'))))
  options.auth.attach(client)
  client.once('handshake', () => options.onPhase('login'))

  let stop: ((error: Error) => void) | undefined
  const stopped = new Promise<never>((_resolve, reject) => (stop = reject))
  const stopClock = startClock(options.loginTimeout ?? LOGIN_TIMEOUT, options.auth.waiting, () =>
    stop!(loginTimedOut(options.loginTimeout ?? LOGIN_TIMEOUT)),
  )
  const abort = (): void => stop!(options.signal.reason as Error)
  options.signal.addEventListener('abort', abort, { once: true })
  if (options.signal.aborted) abort()
  try {
    await Promise.race([connecting, stopped])
    coalesceWrites(client, options.socket)
    return { client, gone }
  } catch (error) {
    connecting.catch(() => undefined)
    client.destroy()
    options.socket.destroy()
    throw options.check.refusal() ?? (isAuthFailure(error) || isAuthFailure(cause) ? options.auth.failure() : (cause ?? error))
  } finally {
    stopped.catch(() => undefined)
    stopClock()
    options.signal.removeEventListener('abort', abort)
  }
}

/** ssh2's default without SHA-1 */
const MACS = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'] as const

const isAuthFailure = (error: unknown): boolean => (error as { level?: string } | undefined)?.level === 'client-authentication'

/** Calls `late` after `ms`, not counting the time while `waiting()`. Returns a function that stops the clock. */
const startClock = (ms: number, waiting: () => boolean, late: () => void): (() => void) => {
  let left = ms
  const timer = setInterval(() => {
    if (!waiting()) left -= 100
    if (left <= 0) {
      clearInterval(timer)
      late()
    }
  }, 100)
  return () => clearInterval(timer)
}
