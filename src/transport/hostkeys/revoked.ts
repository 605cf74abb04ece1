import { readFileSync } from 'node:fs'
import { isKrl, krlRevokes } from './krl.ts'

/**
 * Whether a file of RevokedHostKeys (ssh_config(5)) lists this host key: public keys, one per line, or a key revocation list. Throws if the
 * file is missing or cannot be read: ssh then trusts no host.
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
