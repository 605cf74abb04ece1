import { createSecretKey } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'

/** The private parts of ssh2 (1.17, lib/protocol/crypto.js) that are used here. */
interface Internals {
  readonly _protocol?: {
    readonly _cipher?: { encrypt?: (packet: Buffer) => void; _encKey?: unknown }
    readonly _decipher?: { _decipherKey?: unknown }
  }
}

/**
 * Makes packets cheaper until the first rekey, which matters with a hundred hosts. Changes nothing if ssh2's internals look different.
 *
 * ssh2 writes a packet in three parts (length, body, MAC). Without Nagle's delay, each is a system call, a segment, and a wake-up of sshd.
 * Packets are not combined: with fewer segments from us to carry acknowledgements, sshd's own Nagle delays its answers. For AES-GCM, ssh2
 * creates a cipher per packet from bytes, which Node checks each time; a key object takes a quarter of that.
 */
export const coalesceWrites = (client: Client, socket: Duplex): void => {
  const { _cipher: cipher, _decipher: decipher } = (client as unknown as Internals)._protocol ?? {}
  if (Buffer.isBuffer(cipher?._encKey)) cipher._encKey = createSecretKey(cipher._encKey)
  if (Buffer.isBuffer(decipher?._decipherKey)) decipher._decipherKey = createSecretKey(decipher._decipherKey)
  if (typeof cipher?.encrypt !== 'function') return
  const encrypt = cipher.encrypt.bind(cipher)
  cipher.encrypt = (packet) => {
    socket.cork()
    try {
      encrypt(packet)
    } finally {
      socket.uncork()
    }
  }
}
