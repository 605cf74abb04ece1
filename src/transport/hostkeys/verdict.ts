import { createHash } from 'node:crypto'
import { entriesFor, keyType, type KnownHost } from './known-hosts.ts'

export type Verdict =
  | { readonly is: 'ok' | 'revoked' | 'changed' | 'other-type-known' | 'ca-only'; readonly entry: KnownHost }
  | { readonly is: 'unknown' }

/**
 * Judges the key that a server shows by known_hosts. `names` as {@link lookupNames} gives them: the first is the host's own name. Only if
 * no key is known for it may the next name vouch for the key, as in ssh (sshconnect.c, check_host_key).
 * - changed: another key of the same type is known.
 * - other-type-known: only keys of other types are known.
 * - ca-only: only a certificate authority is known, and ssh2 does not accept certificates.
 */
export const judge = (entries: readonly KnownHost[], names: readonly string[], key: Buffer): Verdict => {
  const revoked = entriesFor(entries, names).find((entry) => entry.marker === 'revoked' && entry.key.equals(key))
  if (revoked) return { is: 'revoked', entry: revoked }
  const [own, ...others] = names.map((name) => judgeName(entriesFor(entries, [name]), key))
  if (own === undefined || (own.is !== 'unknown' && own.is !== 'ca-only')) return own ?? { is: 'unknown' }
  return others.find((verdict) => verdict.is === 'ok') ?? [own, ...others].find((verdict) => verdict.is === 'ca-only') ?? own
}

const judgeName = (own: readonly KnownHost[], key: Buffer): Verdict => {
  const plain = own.filter((entry) => entry.marker === undefined)
  const same = plain.find((entry) => entry.key.equals(key))
  if (same) return { is: 'ok', entry: same }
  const changed = plain.find((entry) => entry.type === keyType(key))
  if (changed) return { is: 'changed', entry: changed }
  if (plain[0]) return { is: 'other-type-known', entry: plain[0] }
  const authority = own.find((entry) => entry.marker === 'cert-authority')
  return authority ? { is: 'ca-only', entry: authority } : { is: 'unknown' }
}

/** Host key signature algorithms that ssh2 can verify, best first; no `ssh-rsa` (SHA-1), no DSA. */
export const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const

export type HostKeyAlgorithm = (typeof HOST_KEY_ALGORITHMS)[number]

/** The algorithms to offer: those of known keys first, so that a server with several keys shows the one we can check. */
export const keyTypesFor = (entries: readonly KnownHost[], names: readonly string[]): HostKeyAlgorithm[] => {
  const typesOf = (name: string): string[] =>
    entriesFor(entries, [name])
      .filter((entry) => entry.marker === undefined)
      .map((entry) => entry.type)
  const known = new Set(names.map(typesOf).find((types) => types.length > 0))
  const isKnown = (algorithm: HostKeyAlgorithm): boolean => known.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  return [...HOST_KEY_ALGORITHMS.filter(isKnown), ...HOST_KEY_ALGORITHMS.filter((algorithm) => !isKnown(algorithm))]
}

/** `SHA256:…` as ssh-keygen -l prints it. */
export const fingerprint = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** `ED25519`, `RSA`, `ECDSA`: the short name of a key type, as ssh prints it. */
export const typeName = (type: string): string => (/ed25519|ecdsa|rsa|dss/.exec(type)?.[0] ?? type).toUpperCase()
