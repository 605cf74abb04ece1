import { connect, type Socket } from 'node:net'

export interface DialOptions {
  readonly hostname: string
  readonly port: number
  readonly family: 4 | 6 | undefined
  readonly bindAddress: string | undefined
  /** milliseconds for DNS and TCP together */
  readonly timeout: number
  readonly signal: AbortSignal
}

/** Opens a TCP connection without Nagle's delay (ssh2 leaves it on: 40 ms per request). Rejects with the system's error, or ETIMEDOUT. */
export const dial = (options: DialOptions): Promise<Socket> =>
  new Promise((resolve, reject) => {
    options.signal.throwIfAborted()
    const socket = connect({
      host: options.hostname,
      port: options.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      autoSelectFamily: true,
      ...(options.family === undefined ? {} : { family: options.family }),
      ...(options.bindAddress === undefined ? {} : { localAddress: options.bindAddress }),
    })
    const settle = (): void => {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', abort)
    }
    const fail = (error: unknown): void => {
      settle()
      socket.destroy()
      reject(error)
    }
    const abort = (): void => fail(options.signal.reason)
    const timer = setTimeout(
      () => fail(Object.assign(new Error(`no answer within ${options.timeout / 1000} s`), { code: 'ETIMEDOUT' })),
      options.timeout,
    )
    options.signal.addEventListener('abort', abort, { once: true })
    // never removed: until ssh2 adds its own listener, nothing else would catch an error
    socket.on('error', fail)
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })

/** `10.0.0.1:22`, `[::1]:22` */
export const hostPort = (hostname: string, port: number): string =>
  hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`
