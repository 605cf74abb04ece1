import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

/** How a stand-in for a server sends: it stops forever after some bytes, or sends a few bytes at a time. */
export interface Pace {
  readonly hangsAfter?: number
  /** pieces of `bytes` bytes, with a pause in milliseconds after each */
  readonly piece?: { readonly bytes: number; readonly pause: number }
}

/** Copies with that pace. Does not end a stream that hangs. */
export const paced = async (from: Readable, to: Writable, { hangsAfter = Infinity, piece }: Pace): Promise<void> => {
  let sent = 0
  for await (const chunk of from as AsyncIterable<Buffer>) {
    const size = piece?.bytes ?? chunk.length
    for (let at = 0; at < chunk.length; at += size) {
      const part = chunk.subarray(at, Math.min(at + size, at + hangsAfter - sent))
      if (part.length > 0 && !to.write(part)) await once(to, 'drain')
      sent += part.length
      if (sent >= hangsAfter) return new Promise(() => {})
      if (piece && part.length === size) await pause(piece.pause)
    }
  }
  to.end()
}

/** A proxy for a server that sends each connection's answers with a pace. */
export const startPaced = async (port: number, pace: Pace): Promise<{ port: number; stop(): void }> => {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1' })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    client.on('close', () => upstream.destroy())
    client.pipe(upstream)
    paced(upstream, client, pace).catch(() => client.destroy())
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
