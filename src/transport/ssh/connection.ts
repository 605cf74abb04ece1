import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import type { ForwardedAgent } from '../auth/agent-forwarding.ts'
import { channelOpener } from './channels.ts'
import type { Connection } from '../types.ts'

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
  let cause: Error | undefined
  client.on('error', (error: Error) => (cause ??= error))
  client.prependOnceListener(
    'close',
    () => (reason ??= closing ? new Error('logged out') : (cause ?? new Error('the server closed the connection'))),
  )
  void options.gone.then((error) => (reason ??= error))
  let resolveLost: ((error: Error) => void) | undefined
  const lost = new Promise<Error>((resolve) => (resolveLost = resolve))
  void options.gone.then((error) => closing ?? resolveLost!(error))

  let warned = false
  const channels = channelOpener({
    client,
    host: options.host,
    address: options.address,
    lost: () => reason ?? (closing ? new Error('logged out') : undefined),
    onAgent: (change) => options.agent?.use(change),
  })

  const close = (): Promise<void> => (closing ??= logOut(options))

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
        return channels.shell(sink, agent, wanted?.first)
      },
      attach: async (script, wanted) => {
        const { attachTerminal } = await import('../terminal/attach.ts')
        return attachTerminal(options.host, (exec) => channels.terminal(exec, wanted.terminal.output), script, wanted)
      },
      forward: (hostname, port) => forward(client, hostname, port, 'sshd does not forward connections'),
      close,
      leave: () => {
        if (closing) return
        closing = options.gone.then(() => {})
        hangUp(options.socket)
      },
    },
    ended: options.gone,
    close,
    forward: (hostname, port) => forward(client, hostname, port, 'the jump host does not forward connections'),
  }
}

/** Opens a TCP connection from the server. `refusal`: the words for a server that opens none. */
const forward = (client: Client, hostname: string, port: number, refusal: string): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, hostname, port, (error, stream) => (error ? reject(forwardError(error, refusal)) : resolve(stream)))
  })

/** Sends a disconnect, waits for the server to close the connection, and closes it here after a second. */
const logOut = async ({ client, socket, gone }: ClientConnectionOptions): Promise<void> => {
  client.end()
  const timer = setTimeout(() => {
    client.destroy()
    socket.destroy()
  }, 1_000)
  await gone
  clearTimeout(timer)
  socket.destroy()
}

/** Closes without an SSH disconnect, at which sshd would exit before its channels have received what was just sent to them. */
const hangUp = (socket: Duplex): void => {
  // the kernel sends what was written; this process need not wait for the TCP connection to close
  if ('destroySoon' in socket && typeof socket.destroySoon === 'function') socket.destroySoon()
  else socket.end()
}

/** Turns a server's refusal to open a connection (RFC 4254 §5.1) into a system error. */
const forwardError = (error: Error & { reason?: unknown }, refusal: string): Error => {
  const message = error.message.replace('(SSH) Channel open failure: ', '')
  if (error.reason === 1) return Object.assign(new Error(`${refusal}: ${message}`), { code: 'EJUMP' })
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
