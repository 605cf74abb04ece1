import { createHash } from 'node:crypto'
import { strings } from '../auth/agent.ts'

const MAGIC = 'SSHKRL\n\0'
/** Sections of a key revocation list: openssh PROTOCOL.krl. */
const SECTION = { certificates: 1, keys: 2, sha1: 3, signature: 4, sha256: 5, extension: 255 } as const

/** Whether a file is an OpenSSH key revocation list (`ssh-keygen -k`). */
export const isKrl = (bytes: Buffer): boolean => bytes.toString('latin1', 0, MAGIC.length) === MAGIC

/** Whether the list revokes this public key. Throws if it cannot be read to its end: any key might then be revoked. */
export const krlRevokes = (krl: Buffer, key: Buffer): boolean => {
  // the magic, the format, then the list's number, date and flags (8 bytes each)
  const format = krl.readUInt32BE(MAGIC.length)
  if (format !== 1) throw new Error(`format ${format} of a key revocation list`)
  let at = MAGIC.length + 4 + 3 * 8
  const next = (): Buffer => {
    const part = strings(krl, at)()
    at += 4 + part.length
    return part
  }
  next() // reserved
  next() // a comment
  const hash = (name: 'sha1' | 'sha256'): Buffer => createHash(name).update(key).digest()
  let revoked = false
  while (at < krl.length) {
    const type = krl.readUInt8(at++)
    const section = next()
    if (type === SECTION.keys) revoked ||= lists(section, key)
    else if (type === SECTION.sha1) revoked ||= lists(section, hash('sha1'))
    else if (type === SECTION.sha256) revoked ||= lists(section, hash('sha256'))
    // these do not concern plain keys
    else if (type === SECTION.certificates) continue
    else if (type === SECTION.signature) break
    else if (type !== SECTION.extension || isCritical(section)) throw new Error(`section ${type} of a key revocation list`)
  }
  return revoked
}

/** Whether a section, which is a sequence of strings, contains the wanted one. */
const lists = (section: Buffer, wanted: Buffer): boolean => {
  let found = false
  for (let at = 0; at < section.length;) {
    const one = strings(section, at)()
    at += 4 + one.length
    found ||= one.equals(wanted)
  }
  return found
}

/** An extension is a name, then a byte. If that is not 0, a reader that does not know the extension must reject the list. */
const isCritical = (section: Buffer): boolean => section.readUInt8(4 + strings(section, 0)().length) !== 0
