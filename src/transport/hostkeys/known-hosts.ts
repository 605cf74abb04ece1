import { matchesHost } from '../host-pattern.ts'

/** One line of a known_hosts file; sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownHost {
  readonly file: string
  /** 1-based */
  readonly line: number
  readonly marker: 'revoked' | 'cert-authority' | undefined
  /** comma-separated patterns, or one hashed name */
  readonly patterns: string
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256` … */
  readonly type: string
  readonly key: Buffer
}

/** The entries of a known_hosts file. Skips lines that it cannot read, like ssh. */
export const parseKnownHosts = (text: string, file: string): KnownHost[] =>
  text.split('\n').flatMap((raw, i) => {
    const words = raw
      .trim()
      .split(/[ \t]+/)
      .filter((word) => word !== '')
    if (words.length === 0 || words[0]!.startsWith('#')) return []
    const marker = words[0]!.startsWith('@') ? words.shift()! : undefined
    if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return []
    const [patterns, type, base64] = words
    if (patterns === undefined || type === undefined || base64 === undefined) return []
    const key = Buffer.from(base64, 'base64')
    // the key contains its own type; a line whose two types differ (or an SSH 1 line of numbers) has no valid key
    if (keyType(key) !== type) return []
    return [{ file, line: i + 1, marker: marker?.slice(1) as KnownHost['marker'], patterns, type, key }]
  })

/** The type inside a public key blob: its first string (RFC 4253 §6.6). Empty if the blob has none. */
export const keyType = (blob: Buffer): string => {
  if (blob.length < 4) return ''
  const length = blob.readUInt32BE(0)
  return length <= 64 && blob.length > 4 + length ? blob.toString('latin1', 4, 4 + length) : ''
}

/** The name of a host in known_hosts: `host`, or `[host]:port` if the port is not 22. */
export const knownName = (host: string, port: number): string => (port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`)

export const entriesFor = (entries: readonly KnownHost[], names: readonly string[]): KnownHost[] =>
  entries.filter((entry) => names.some((name) => matchesHost(entry.patterns, name)))
