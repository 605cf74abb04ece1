import type { Socket } from 'node:net'

/**
 * Holds back what is written until this turn of the event loop has ended, and sends it as one. ssh2 writes every packet in three parts
 * (length, body, MAC), and without Nagle's delay each is a system call, a segment, and a wake-up of the server's sshd.
 */
export const together = (socket: Socket): Socket => {
  const write = socket.write.bind(socket) as (...args: Parameters<Socket['write']>) => boolean
  let held = false
  const release = (): void => {
    held = false
    socket.uncork()
  }
  socket.write = ((...args: Parameters<Socket['write']>) => {
    if (!held) {
      held = true
      socket.cork()
      setImmediate(release)
    }
    return write(...args)
  }) as Socket['write']
  return socket
}
