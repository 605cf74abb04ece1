import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import type { ForwardedAgent } from './forward.ts'
import { shells } from './shells.ts'
import type { Connection } from './types.ts'

export interface SshLogin {
  readonly connection: Connection
  /** resolves when the connection is gone, for whatever reason */
  readonly ended: Promise<unknown>
  close(): Promise<void>
  /** Opens a TCP connection from that host. */
  forward(hostname: string, port: number): Promise<Duplex>
}

export interface ClientConnectionOptions {
  readonly client: Client
  readonly gone: Promise<Error>
  readonly socket: Duplex
  readonly host: string
  /** `deploy@10.0.0.1:22` */
  readonly address: string
  readonly agent: ForwardedAgent | undefined
  readonly onWarning: ((message: string) => void) | undefined
}

/** The Connection of a logged-in client. */
export const clientConnection = (options: ClientConnectionOptions): SshLogin => {
  const { client } = options
  let closing: Promise<void> | undefined
  let reason: Error | undefined
  // ssh2 emits `close` before it ends the channels, so they can read the reason here
  let blame: Error | undefined
  client.on('error', (error: Error) => (blame ??= error))
  client.prependOnceListener(
    'close',
    () => (reason ??= closing ? new Error('logged out') : (blame ?? new Error('the server closed the connection'))),
  )
  void options.gone.then((error) => (reason ??= error))
  let resolveLost: ((error: Error) => void) | undefined
  const lost = new Promise<Error>((resolve) => (resolveLost = resolve))
  void options.gone.then((error) => closing ?? resolveLost!(error))

  let warned = false
  const open = shells({
    client,
    host: options.host,
    address: options.address,
    lost: () => reason ?? (closing ? new Error('logged out') : undefined),
    onAgent: (change) => options.agent?.use(change),
  })

  const close = async (): Promise<void> => {
    client.end()
    const timer = setTimeout(() => {
      client.destroy()
      options.socket.destroy()
    }, 1_000)
    await options.gone
    clearTimeout(timer)
    options.socket.destroy()
  }

  return {
    connection: {
      address: options.address,
      lost,
      open: (sink, wanted) => {
        const agent = wanted?.agent === true && options.agent !== undefined
        if (wanted?.agent === true && !agent && !warned) {
          warned = true
          options.onWarning?.(`${options.host}: there is no ssh agent to forward (start one: eval $(ssh-agent), ssh-add)`)
        }
        return open(sink, agent, wanted?.first)
      },
      close: () => (closing ??= close()),
      leave: () => {
        if (closing) return
        closing = options.gone.then(() => {})
        // no SSH disconnect message: sshd exits on it before its channels have received what was just sent to them
        const { socket } = options
        // by then the kernel has all that was written; this process need not wait for the TCP connection to close
        if ('destroySoon' in socket && typeof socket.destroySoon === 'function') socket.destroySoon()
        else socket.end()
      },
    },
    ended: options.gone,
    close: () => (closing ??= close()),
    forward: (hostname, port) =>
      new Promise((resolve, reject) => {
        client.forwardOut('127.0.0.1', 0, hostname, port, (error, stream) => (error ? reject(forwardError(error)) : resolve(stream)))
      }),
  }
}

/** Turns a jump host's refusal to open a connection (RFC 4254 §5.1) into a system error. */
const forwardError = (error: Error & { reason?: unknown }): Error => {
  const message = error.message.replace('(SSH) Channel open failure: ', '')
  if (error.reason === 1) return Object.assign(new Error(`the jump host forwards no connections: ${message}`), { code: 'EJUMP' })
  const code = /refused/i.test(message)
    ? 'ECONNREFUSED'
    : /timed out/i.test(message)
      ? 'ETIMEDOUT'
      : /route|unreachable/i.test(message)
        ? 'EHOSTUNREACH'
        : /resolv|known|lookup/i.test(message)
          ? 'ENOTFOUND'
          : 'EJUMP'
  return Object.assign(new Error(message), { code })
}
