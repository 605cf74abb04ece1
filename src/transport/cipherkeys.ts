import { createSecretKey } from 'node:crypto'
import type { Client } from 'ssh2'

/** The parts of ssh2's insides (1.17, lib/protocol/crypto.js, AES-GCM) that are used here; they are not public. */
interface Insides {
  readonly _protocol?: { readonly _cipher?: { _encKey?: unknown }; readonly _decipher?: { _decipherKey?: unknown } }
}

/**
 * Gives ssh2 key objects in place of bytes. It makes a cipher for every packet, and Node looks at the bytes of a key anew each time, which
 * takes four times as long as the work. Until the first rekey; where ssh2's insides look different nothing is changed.
 */
export const keepKeys = (client: Client): void => {
  const { _cipher: cipher, _decipher: decipher } = (client as unknown as Insides)._protocol ?? {}
  if (Buffer.isBuffer(cipher?._encKey)) cipher._encKey = createSecretKey(cipher._encKey)
  if (Buffer.isBuffer(decipher?._decipherKey)) decipher._decipherKey = createSecretKey(decipher._decipherKey)
}
