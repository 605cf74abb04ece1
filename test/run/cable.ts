import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A proxy to a port of this machine that can be cut while data passes through it. */
export interface Cable {
  readonly port: number
  cut(how?: 'forGood'): void
  mend(): void
  close(): Promise<void>
}

export const startCable = async (to: number): Promise<Cable> => {
  const sockets = new Set<Socket>()
  let broken = false
  const server = createServer({ noDelay: true }, (near) => {
    if (broken) return void near.destroy()
    const far = connect({ port: to, host: '127.0.0.1', noDelay: true })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const cut = () => sockets.forEach((socket) => socket.destroy())
  return {
    port: (server.address() as AddressInfo).port,
    cut: (how) => {
      broken = how === 'forGood'
      cut()
    },
    mend: () => void (broken = false),
    close: async () => {
      server.close()
      cut()
      await once(server, 'close')
    },
  }
}
