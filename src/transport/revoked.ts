import { readFileSync } from 'node:fs'
import { isKrl, krlRevokes } from './krl.ts'

/**
 * Whether a file of RevokedHostKeys (ssh_config(5)) names this host key: public keys, one a line, or a key revocation list.
 * Throws where the file is not there or cannot be read: ssh trusts no host then.
 */
export const revokes = (file: string, key: Buffer): boolean => {
  const bytes = readFileSync(file)
  if (isKrl(bytes)) return krlRevokes(bytes, key)
  return bytes
    .toString('latin1')
    .split('\n')
    .some((line) => {
      const [, base64] = line.trim().split(/[ \t]+/)
      return base64 !== undefined && !line.trim().startsWith('#') && Buffer.from(base64, 'base64').equals(key)
    })
}
