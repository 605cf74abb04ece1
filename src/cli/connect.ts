import type { Emit } from '../events/types.ts'
import type { Host } from '../inventory/types.ts'
import type { Connect } from '../run/connect.ts'
import { localTransport } from '../transport/local-transport.ts'
import { openSession } from '../transport/session/session.ts'
import { sshTransport } from '../transport/ssh/transport.ts'
import type { Connection } from '../transport/types.ts'
import { askPassphrase } from './passphrase.ts'
import { canAsk } from './read-line.ts'

const FEW = 4

/** Logs in to a host. `onAttempt`: told about each attempt. */
type LogIn = (host: Host, signal: AbortSignal, onAttempt?: (attempt: number) => void) => Promise<Connection>

/** Logs in to a host with the transport from its config, and opens its session. `asks`: for a passphrase, if there is a terminal. */
export const createConnect = (emit: Emit, asks = true): { connect: Connect } => {
  const logIn = createLogIn(emit, asks)
  let hosts = 0
  return {
    connect: async (host, signal, onAttempt) => {
      hosts++
      const connection = await logIn(host, signal, onAttempt)
      // with many hosts, a second shell costs more than the round trip that it may save
      return openSession(host, connection, hosts > FEW ? { spares: 1 } : {})
    },
  }
}

/** Logs in to a host with the transport from its config, and nothing more. */
export const createLogIn = (emit: Emit, asks = true): LogIn => {
  const ssh = sshTransport()
  const local = localTransport()
  // another attempt, a jump host, the next channel and a new login repeat the same warning
  const warned = new Set<string>()
  const warn = (host: string, message: string): void => {
    if (warned.has(`${host} ${message}`)) return
    warned.add(`${host} ${message}`)
    emit({ type: 'log', level: 'warn', message, host })
  }
  return (host, signal, onAttempt) =>
    (host.ssh.transport === 'local' ? local : ssh).connect(host, {
      signal,
      ...(onAttempt ? { onAttempt } : {}),
      onWarning: (message) => warn(host.name, message),
      ...(asks && canAsk() ? { askPassphrase } : {}),
    })
}
