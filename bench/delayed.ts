import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** How much may be on its way in one direction, in bytes: more than SSH's window, so that this does not limit what is measured. */
const ON_ITS_WAY = 32 * 1024 * 1024

/** A way to a port of this machine on which every byte takes half of `rtt` milliseconds in each direction, however many there are. */
export const startDelayed = async (port: number, rtt: number): Promise<{ port: number; stop(): void }> => {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1' })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    void delayed(client, upstream, rtt / 2)
    void delayed(upstream, client, rtt / 2)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const delayed = async (from: Socket, to: Socket, ms: number): Promise<void> => {
  const queue: { readonly due: number; readonly chunk: Buffer }[] = []
  let [waiting, ended, arrived] = [0, false, Promise.withResolvers<void>()]
  const wake = (): void => {
    arrived.resolve()
    arrived = Promise.withResolvers()
  }
  from.on('data', (chunk: Buffer) => {
    queue.push({ due: performance.now() + ms, chunk })
    waiting += chunk.length
    if (waiting > ON_ITS_WAY) from.pause()
    wake()
  })
  from.on('close', () => {
    ended = true
    wake()
  })
  for (;;) {
    const next = queue.shift()
    if (next === undefined) {
      if (ended) break
      await arrived.promise
      continue
    }
    const wait = next.due - performance.now()
    if (wait > 0) await pause(wait)
    waiting -= next.chunk.length
    if (waiting < ON_ITS_WAY) from.resume()
    if (to.destroyed) return
    if (!to.write(next.chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => undefined)
  }
  to.end()
}
