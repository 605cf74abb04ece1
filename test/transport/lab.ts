import { sshTransport } from '../../src/transport/ssh/transport.ts'
import type { ChannelEnd, Connection, ConnectOptions } from '../../src/transport/types.ts'
import type { Host } from '../../src/inventory/types.ts'

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly bytes: number
  readonly end: ChannelEnd
}

/** Runs a script on a channel of its own, to its end. */
export const run = async (
  connection: Connection,
  script: string,
  options: { agent?: boolean; onOutput?: () => void } = {},
): Promise<Ran> => {
  const out: Buffer[] = []
  const err: Buffer[] = []
  let finish: ((end: ChannelEnd) => void) | undefined
  const ended = new Promise<ChannelEnd>((resolve) => (finish = resolve))
  const channel = await connection.open(
    {
      stdout: (chunk) => {
        out.push(chunk)
        options.onOutput?.()
      },
      stderr: (chunk) => err.push(chunk),
      close: (end) => finish!(end),
    },
    options.agent === undefined ? {} : { agent: options.agent },
  )
  channel.write(script)
  channel.end()
  const end = await ended
  const stdout = Buffer.concat(out)
  return { stdout: stdout.toString(), stderr: Buffer.concat(err).toString(), bytes: stdout.length, end }
}

/** Connects with a new transport; `options` as for connect(). */
export const connect = (host: Host, options: Partial<ConnectOptions> = {}, transport = sshTransport()): Promise<Connection> =>
  transport.connect(host, { signal: new AbortController().signal, ...options })
