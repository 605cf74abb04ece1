import type { Client, ParsedKey } from 'ssh2'

export type Sign = (data: Buffer, hash: string | undefined, done: (signature: Buffer) => void) => void

export interface OptimisticAuthHooks {
  /** the signer to use at once; undefined: first ask whether the server accepts the key */
  sign(): Sign | undefined
  /** The signature algorithm to use instead of the one that ssh2 chose. */
  algorithm(chosen: string | undefined): string | undefined
  /** the signer of the offered key */
  signer(): Sign | undefined
  /** called with the signature algorithms that the server lists (RFC 8308, server-sig-algs) */
  knows(algorithms: readonly string[]): void
  /** called with the methods that the server still accepts */
  refused(methods: readonly string[]): void
  /** send the first key along with the request for the login service */
  readonly pipeline: boolean
}

type AuthPK = (user: string, key: ParsedKey, algorithm?: string, sign?: (data: Buffer, done: (signature: Buffer) => void) => void) => void

/** the part of ssh2's private Protocol (1.17, lib/protocol/Protocol.js) that is used here */
interface Protocol {
  authPK?: AuthPK
  service?: (name: string) => void
  _handlers?: {
    USERAUTH_FAILURE?: (protocol: unknown, methods: string[], partial: boolean) => void
    SERVICE_ACCEPT?: (protocol: unknown, name: string) => void
    EXT_INFO?: (protocol: unknown, extensions: readonly { readonly name?: string; readonly algs?: readonly string[] }[]) => void
  }
}

/**
 * Saves two of the five round trips of ssh2's login. ssh2 asks whether the server accepts a key before it signs, which RFC 4252 §7 leaves
 * to the client. It also waits until the login service is accepted, which RFC 4253 §10 requires only if the key exchange has not
 * authenticated the server. If ssh2's internals look different, nothing is changed and the login costs those round trips.
 */
export const optimisticAuth = (client: Client, hooks: OptimisticAuthHooks): void => {
  const protocol = (client as unknown as { _protocol?: Protocol })._protocol
  const handlers = protocol?._handlers
  if (!protocol || !handlers) return
  signAtOnce(protocol, hooks)
  watchAlgorithms(handlers, hooks)
  if (hooks.pipeline) requestAtOnce(protocol, handlers)
  const failure = handlers.USERAUTH_FAILURE
  if (typeof failure !== 'function') return
  handlers.USERAUTH_FAILURE = (from, methods, partial) => {
    if (Array.isArray(methods)) hooks.refused(methods)
    failure(from, methods, partial)
  }
}

const signAtOnce = (protocol: Protocol, hooks: OptimisticAuthHooks): void => {
  if (typeof protocol.authPK !== 'function') return
  const authPK = protocol.authPK.bind(protocol)
  protocol.authPK = (user, key, chosen, sign) => {
    const algorithm = hooks.algorithm(chosen)
    const signer = algorithm === chosen ? undefined : hooks.signer()
    const now = sign ? signer : hooks.sign()
    if (!now) return authPK(user, key, algorithm, sign)
    return authPK(user, key, algorithm, (data, done) => now(data, HASHES[algorithm ?? ''], done))
  }
}

const watchAlgorithms = (handlers: NonNullable<Protocol['_handlers']>, hooks: OptimisticAuthHooks): void => {
  const original = handlers.EXT_INFO
  if (typeof original !== 'function') return
  handlers.EXT_INFO = (protocol, extensions) => {
    const known = Array.isArray(extensions) ? extensions.find(({ name }) => name === 'server-sig-algs')?.algs : undefined
    if (Array.isArray(known)) hooks.knows(known)
    original(protocol, extensions)
  }
}

const requestAtOnce = (protocol: Protocol, handlers: NonNullable<Protocol['_handlers']>): void => {
  const accept = handlers.SERVICE_ACCEPT
  if (typeof protocol.service !== 'function' || typeof accept !== 'function') return
  const service = protocol.service.bind(protocol)
  protocol.service = (name) => {
    service(name)
    // the answer brings no news: a refusal would be a disconnect
    handlers.SERVICE_ACCEPT = () => undefined
    accept(protocol, name)
  }
}

const HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512', 'ssh-rsa': 'sha1' }
