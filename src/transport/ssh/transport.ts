import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../../inventory/types.ts'
import { stopRetrying, worthRetrying } from './failure.ts'
import { createLoginAttempt } from './login-attempt.ts'
import type { SshLogin } from './connection.ts'
import { semaphore, semaphores } from '../semaphore.ts'
import { shared } from './shared.ts'
import { routeTo, type Route } from './route.ts'
import { sshConfig } from '../ssh-config/lookup.ts'
import type { Connection, ConnectOptions, Transport } from '../types.ts'

export interface SshTransportOptions {
  /** How many logins may run at once over all hosts; 30. */
  readonly starts?: number
  /** How many logins may run at once to one sshd or through one jump host; 10 (sshd's MaxStartups drops more). */
  readonly startsPerServer?: number
  /** How often a login is tried if a retry may succeed; 3. */
  readonly tries?: number
  /** The `ssh` program to ask for its configuration. */
  readonly program?: string
  /** Time limit for a login in ms, without the time that the user takes to enter a passphrase or confirm a key; 20 000. */
  readonly loginTimeout?: number
  /** Limit for DNS and TCP in ms if ssh_config has no ConnectTimeout; 10 000. */
  readonly connectTimeout?: number
}

/** SSH by node-ssh's ssh2: one login per host, through shared jump hosts. Loads nothing before the first connect. */
export const sshTransport = (options: SshTransportOptions = {}): Transport => {
  const lookup = sshConfig(options.program === undefined ? {} : { program: options.program })
  const starts = semaphore(options.starts ?? 30)
  const startsAt = semaphores(options.startsPerServer ?? 10)
  const attempt = createLoginAttempt({ loginTimeout: options.loginTimeout, connectTimeout: options.connectTimeout ?? 10_000 })
  const jumps = shared<SshLogin>((login) => login.close())

  const once = async (host: Host, route: Route, connect: ConnectOptions, cautious: boolean): Promise<SshLogin> => {
    // the jump host first, because it needs a permit of its own
    const jump = route.via === undefined ? undefined : await jumpTo(host, route.via, connect)
    try {
      const server = startsAt(route.via === undefined ? route.address : `via ${keyOf(host, route.via)}`)
      const login = await server.run(
        () => starts.run(() => attempt(host, route, connect, { jump: jump?.value, cautious }), connect.signal),
        connect.signal,
      )
      if (jump) void login.ended.then(jump.release)
      return login
    } catch (error) {
      void jump?.release()
      throw error
    }
  }

  const withRetries = (host: Host, route: Route, connect: ConnectOptions): Promise<SshLogin> =>
    retrying(options.tries ?? 3, connect, (cautious) => once(host, route, connect, cautious))

  const jumpTo = async (host: Host, via: Route, connect: ConnectOptions): Promise<{ value: SshLogin; release: () => Promise<void> }> => {
    const key = keyOf(host, via)
    const { onAttempt: _, ...quiet } = connect
    const jump = await jumps.acquire(key, (signal) => withRetries(host, via, { ...quiet, signal }), connect.signal)
    void jump.value.ended.then(() => jumps.drop(key, jump.value))
    return jump
  }

  return {
    connect: async (host, connect): Promise<Connection> => {
      connect.signal.throwIfAborted()
      attempt.preload()
      const route = await routeTo(host, lookup)
      const login = await withRetries(host, route, connect)
      return login.connection
    },
  }
}

/** Tries a login up to `tries` times, without shortcuts from the second on, after ever longer waits. Stops at an error that a retry cannot fix. */
const retrying = async <T>(tries: number, connect: ConnectOptions, login: (cautious: boolean) => Promise<T>): Promise<T> => {
  let before: Error | undefined
  for (let n = 1; ; n++) {
    connect.onAttempt?.(n, before)
    try {
      return await login(n > 1)
    } catch (error) {
      connect.signal.throwIfAborted()
      if (n >= tries || !worthRetrying(error)) {
        // hosts that wait for a jump host must not retry its login
        stopRetrying(error)
        throw error
      }
      before = error as Error
      // with jitter: a hundred hosts that were turned away together must not come back together
      await sleep(300 * 3 ** (n - 1) * (0.5 + Math.random()), undefined, { signal: connect.signal }).catch(() =>
        connect.signal.throwIfAborted(),
      )
    }
  }
}

/** Two hosts share a jump host if they reach it as the same user, by the same route, with the same keys and the same trust in host keys. */
const keyOf = (host: Host, route: Route): string => JSON.stringify([path(route), host.ssh.keys, host.ssh.hostKeys, host.ssh.configFile])

const path = (route: Route): string =>
  `${route.via === undefined ? '' : `${path(route.via)} `}${route.settings.user}@${route.address} ${route.settings.hostKeyAlias ?? ''}`
