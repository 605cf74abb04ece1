import type { Emit } from '../events/types.ts'
import type { Connect } from '../run/connect.ts'
import { localTransport } from '../transport/local.ts'
import { openSession } from '../transport/session.ts'
import { sshTransport } from '../transport/ssh.ts'
import { askPassphrase } from './passphrase.ts'

/** Logs in to a host with the transport from its config, and opens its session. */
export const createConnect = (emit: Emit): { connect: Connect } => {
  const ssh = sshTransport()
  const local = localTransport()
  // another attempt, a jump host, the next channel and a new login repeat the same warning
  const told = new Set<string>()
  const warn = (host: string, message: string): void => {
    if (told.has(`${host} ${message}`)) return
    told.add(`${host} ${message}`)
    emit({ type: 'log', level: 'warn', message, host })
  }
  return {
    connect: async (host, signal, onAttempt) => {
      const transport = host.ssh.transport === 'local' ? local : ssh
      const connection = await transport.connect(host, {
        signal,
        onAttempt,
        onWarning: (message) => warn(host.name, message),
        ...(process.stdin.isTTY && process.stderr.isTTY ? { askPassphrase } : {}),
      })
      return openSession(host, connection)
    },
  }
}
