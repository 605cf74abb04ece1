import type { Host, SshOptions } from '../../src/inventory/types.ts'
import { localTransport } from '../../src/transport/local-transport.ts'
import { sshTransport } from '../../src/transport/ssh/transport.ts'
import type { Connection, Session } from '../../src/transport/types.ts'
import { openSession } from '../../src/transport/session/session.ts'
import type { SessionOptions } from '../../src/transport/session/session.ts'
import { localHost } from './contract-support.ts'

/** Connects to this machine, through a real sshd or not: with `{ transport: 'local' }` or the options of a test server's `host()`. */
export const connect = async (ssh: SshOptions & { address?: string }): Promise<{ host: Host; connection: Connection }> => {
  const local = ssh.transport === 'local'
  const host: Host = local
    ? localHost
    : { ...localHost, name: 'lab', address: ssh.address ?? '127.0.0.1', user: ssh.user, port: ssh.port, ssh }
  const transport = local ? localTransport() : sshTransport()
  return { host, connection: await transport.connect(host, { signal: new AbortController().signal }) }
}

export const login = async (ssh: SshOptions & { address?: string }, options?: SessionOptions): Promise<Session & AsyncDisposable> => {
  const { host, connection } = await connect(ssh)
  const session = await openSession(host, connection, options)
  return Object.assign(session, { [Symbol.asyncDispose]: () => session.close() })
}
