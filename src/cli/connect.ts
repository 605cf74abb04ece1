import type { Emit } from '../events/types.ts'
import type { Connect } from '../run/connect.ts'
import { localTransport } from '../transport/local.ts'
import { openSession } from '../transport/session.ts'
import { sshTransport } from '../transport/ssh.ts'
import { askPassphrase } from './passphrase.ts'

/** Logs in to a host by the transport that its config names, and opens its session. */
export const createConnect = (emit: Emit): { connect: Connect } => {
  const ssh = sshTransport()
  const local = localTransport()
  return {
    connect: async (host, signal, onAttempt) => {
      const transport = host.ssh.transport === 'local' ? local : ssh
      const connection = await transport.connect(host, {
        signal,
        onAttempt,
        onWarning: (message) => emit({ type: 'log', level: 'warn', message, host: host.name }),
        ...(process.stdin.isTTY && process.stderr.isTTY ? { askPassphrase } : {}),
      })
      return openSession(host, connection)
    },
  }
}
