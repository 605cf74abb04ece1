import type { Client, ParsedKey } from 'ssh2'

export type Sign = (data: Buffer, hash: string | undefined, done: (signature: Buffer) => void) => void

export interface EagerHooks {
  /** the signature to send at once; undefined: ask first whether the key would do */
  sign(): Sign | undefined
  /** The signature algorithm to use in the place of the one that ssh2 chose. */
  algorithm(chosen: string | undefined): string | undefined
  /** the signer of the key that is offered */
  signer(): Sign | undefined
  /** which signature algorithms the server says it knows (RFC 8308, server-sig-algs) */
  knows(algorithms: readonly string[]): void
  /** which methods the server would still take */
  refused(methods: readonly string[]): void
  /** send the first key along with the request for the login service */
  readonly pipeline: boolean
}

type AuthPK = (user: string, key: ParsedKey, algorithm?: string, sign?: (data: Buffer, done: (signature: Buffer) => void) => void) => void

/** the part of ssh2's Protocol (1.17, lib/protocol/Protocol.js) that is used here; it is not public */
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
 * Saves two of the five round trips of ssh2's login. It asks whether a key would do before it signs with it, which RFC 4252 §7 leaves
 * to the client; and it waits for the login service to be accepted, which RFC 4253 §10 asks for only where the server has not been
 * authenticated by the key exchange. Where ssh2's insides look different nothing is changed, and logging in costs those round trips.
 */
export const eagerly = (client: Client, hooks: EagerHooks): void => {
  const protocol = (client as unknown as { _protocol?: Protocol })._protocol
  const handlers = protocol?._handlers
  if (!protocol || !handlers) return
  signAtOnce(protocol, hooks)
  hearAlgorithms(handlers, hooks)
  if (hooks.pipeline) askAtOnce(protocol, handlers)
  const failure = handlers.USERAUTH_FAILURE
  if (typeof failure !== 'function') return
  handlers.USERAUTH_FAILURE = (from, methods, partial) => {
    if (Array.isArray(methods)) hooks.refused(methods)
    failure(from, methods, partial)
  }
}

const signAtOnce = (protocol: Protocol, hooks: EagerHooks): void => {
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

const hearAlgorithms = (handlers: NonNullable<Protocol['_handlers']>, hooks: EagerHooks): void => {
  const heard = handlers.EXT_INFO
  if (typeof heard !== 'function') return
  handlers.EXT_INFO = (protocol, extensions) => {
    const known = Array.isArray(extensions) ? extensions.find(({ name }) => name === 'server-sig-algs')?.algs : undefined
    if (Array.isArray(known)) hooks.knows(known)
    heard(protocol, extensions)
  }
}

const askAtOnce = (protocol: Protocol, handlers: NonNullable<Protocol['_handlers']>): void => {
  const accept = handlers.SERVICE_ACCEPT
  if (typeof protocol.service !== 'function' || typeof accept !== 'function') return
  const service = protocol.service.bind(protocol)
  protocol.service = (name) => {
    service(name)
    // the answer itself has nothing more to say; a refusal would be a disconnect
    handlers.SERVICE_ACCEPT = () => undefined
    accept(protocol, name)
  }
}

const HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512', 'ssh-rsa': 'sha1' }
