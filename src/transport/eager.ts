import type { Client, ParsedKey } from 'ssh2'

export type Sign = (data: Buffer, hash: string | undefined, done: (signature: Buffer) => void) => void

type AuthPK = (user: string, key: ParsedKey, algorithm?: string, sign?: (data: Buffer, done: (signature: Buffer) => void) => void) => void

/** the part of ssh2's Protocol (1.17, lib/protocol/Protocol.js) that is used here; it is not public */
interface Protocol {
  authPK?: AuthPK
  _handlers?: { USERAUTH_FAILURE?: (protocol: unknown, methods: string[], partial: boolean) => void }
}

/**
 * ssh2 asks whether a key would do before it signs with it (RFC 4252 §7 leaves that to the client): a round trip for nothing when the key
 * is right. This makes it sign at once where `sign()` gives a function. It also tells which methods the server would still take.
 * Where ssh2's insides look different nothing is changed: logging in then costs that round trip.
 */
export const eagerly = (
  client: Client,
  hooks: { sign(): Sign | undefined; refused(methods: readonly string[]): void },
): void => {
  const protocol = (client as unknown as { _protocol?: Protocol })._protocol
  if (typeof protocol?.authPK !== 'function') return
  const authPK = protocol.authPK.bind(protocol)
  protocol.authPK = (user, key, algorithm, sign) => {
    const now = sign ? undefined : hooks.sign()
    if (!now) return authPK(user, key, algorithm, sign)
    return authPK(user, key, algorithm, (data, done) => now(data, HASHES[algorithm ?? ''], done))
  }
  const handlers = protocol._handlers
  const failure = handlers?.USERAUTH_FAILURE
  if (!handlers || !failure) return
  handlers.USERAUTH_FAILURE = (from, methods, partial) => {
    if (Array.isArray(methods)) hooks.refused(methods)
    failure(from, methods, partial)
  }
}

const HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512', 'ssh-rsa': 'sha1' }
