import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Host } from '../inventory/types.ts'
import type { Tunnel } from '../tasks/tunnel.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import type { Session } from '../transport/types.ts'

export interface Tunnels {
  /** Listens on this machine, and connects each client to an address as the host sees it. Throws (usage) for what is no address. */
  open(host: Host, session: Session, to: string): Promise<Tunnel>
  /** Closes all of them, with their clients. */
  close(): Promise<void>
}

/** The tunnels of a task. `warn`: told why a client could not be connected. */
export const createTunnels = (warn: (host: Host, message: string) => void): Tunnels => {
  const all = new Set<Tunnel>()
  return {
    open: async (host, session, to) => {
      const { hostname, port } = addressOf(to)
      const clients = new Set<Socket>()
      const server = createServer({ allowHalfOpen: true }, (client) => {
        clients.add(client)
        client.on('error', () => {}).on('close', () => clients.delete(client))
        session.forward(hostname, port).then(
          (remote) => {
            remote.on('error', () => client.destroy()).on('close', () => client.destroySoon())
            client.on('close', () => remote.destroy())
            client.pipe(remote).pipe(client)
          },
          (error: unknown) => {
            warn(host, `no connection to ${to}: ${error instanceof Error ? error.message : String(error)}`)
            // what it has sent is read: closing before that would be a reset
            client.resume().end()
          },
        )
      })
      const listening = Promise.withResolvers<void>()
      server.on('error', (cause) => listening.reject(new ShipitError(`forward(): ${cause.message}`, { host: host.name, cause })))
      server.listen(0, '127.0.0.1', listening.resolve)
      await listening.promise
      const tunnel: Tunnel = {
        port: (server.address() as AddressInfo).port,
        close: async () => {
          if (!all.delete(tunnel)) return
          const closed = new Promise<void>((resolve) => server.close(() => resolve()))
          for (const client of clients) client.destroy()
          await closed
        },
      }
      all.add(tunnel)
      return tunnel
    },
    close: async () => void (await Promise.all([...all].map((tunnel) => tunnel.close()))),
  }
}

const addressOf = (to: string): { readonly hostname: string; readonly port: number } => {
  const [, v6, name, digits] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(to) ?? []
  const port = Number(digits)
  const hostname = v6 ?? name
  if (hostname !== undefined && port > 0 && port < 65_536) return { hostname, port }
  throw usageError(`forward() takes an address as the host sees it, and not ${JSON.stringify(to)}`, {
    hint: "forward({ to: '127.0.0.1:5432' })",
  })
}
