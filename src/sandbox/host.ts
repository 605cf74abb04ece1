import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import ssh2, { type AuthContext, type Connection, type Session } from 'ssh2'
import { createKey } from './keys.ts'
import { type HostProcesses, createHostProcesses } from './host-processes.ts'
import type { HostOptions, SandboxHost } from './types.ts'

/**
 * Starts an SSH server on 127.0.0.1, on a free port and with a new key. Every command runs in a real `/bin/sh` with its own process group,
 * and its home is under `root`. There is no terminal, agent or sftp: it has what shipit and `ssh HOST COMMAND` use.
 */
export const startHost = async ({ root, name, authorizedKey }: HostOptions): Promise<SandboxHost> => {
  const home = join(root, name)
  mkdirSync(home, { recursive: true, mode: 0o755 })
  const hostKey = createKey()
  const running = createHostProcesses(name, home)
  const connections = new Set<Connection>()
  const server = new ssh2.Server({ hostKeys: [hostKey.private], ident: 'shipit-demo' }, (connection) => {
    connections.add(connection)
    serve(connection, authorizedKey, running)
    connection.on('close', () => connections.delete(connection))
  })
  // Without noDelay every small answer waits 40 ms for the client's delayed acknowledgement.
  const listener = createServer({ noDelay: true }, (socket) => server.injectSocket(socket))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  return {
    name,
    port,
    home,
    knownHost: `[127.0.0.1]:${port} ${hostKey.public.split(' ').slice(0, 2).join(' ')}`,
    running: running.groups,
    close: async () => {
      const closed = once(listener, 'close')
      listener.close()
      await running.end()
      for (const connection of connections) connection.end()
      await closed
    },
  }
}

const serve = (connection: Connection, authorizedKey: string, running: HostProcesses): void => {
  // A client may disconnect at any time.
  connection.on('error', () => {})
  connection.on('authentication', (context) => authenticate(context, authorizedKey))
  connection.on('session', (accept) => answer(accept(), running))
}

const authenticate = (context: AuthContext, authorizedKey: string): void => {
  const allowed = ssh2.utils.parseKey(authorizedKey)
  if (allowed instanceof Error || context.method !== 'publickey') return context.reject(['publickey'])
  const isAuthorized = context.key.algo === allowed.type && context.key.data.equals(allowed.getPublicSSH())
  const { blob, signature } = context
  // Without a signature, the client only asks whether the key would be accepted.
  const proven = signature === undefined || (blob !== undefined && allowed.verify(blob, signature, context.hashAlgo) === true)
  if (isAuthorized && proven) context.accept()
  else context.reject(['publickey'])
}

const answer = (session: Session, running: HostProcesses): void => {
  session.on('exec', (accept, _reject, { command }) => {
    const group = running.start(command, accept())
    session.on('signal', (acceptSignal, _rejectSignal, { name }) => {
      acceptSignal?.()
      group.kill(`SIG${name}` as NodeJS.Signals)
    })
  })
  session.on('shell', (accept) => void running.start('exec /bin/sh', accept()))
}
