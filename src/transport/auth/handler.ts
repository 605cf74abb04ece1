import type { AuthHandlerMiddleware, BaseAgent, Client, NextAuthHandler, ParsedKey } from 'ssh2'
import { EXIT, ShipitError } from '../../values/errors.ts'
import type { AuthOptions } from './options.ts'
import { authFailure } from './failure.ts'
import { optimisticAuth, type Sign } from '../ssh2-internals/optimistic-auth.ts'
import type { Identity } from './identities.ts'
import { lockedError } from './key-file.ts'
import { keyType } from '../hostkeys/known-hosts.ts'

export interface Auth {
  readonly handler: AuthHandlerMiddleware
  /** call this right after `connect()`, before anything is sent */
  attach(client: Client): void
  /** true while the user may be typing a passphrase or confirming a key: no time limit applies */
  readonly waiting: () => boolean
  /** the key offered last: once the client is ready, the accepted one */
  readonly current: () => Identity | undefined
  /** why no key was accepted */
  readonly failure: () => ShipitError
}

interface Offer {
  readonly identity: Identity
  /** set for a second offer, with this signature algorithm: a server may know both and accept only one (PubkeyAcceptedAlgorithms) */
  readonly again?: string
}

/** Signature algorithms for RSA keys, best first. SHA-1 is left to ssh2, for servers that know nothing else. */
const RSA: readonly string[] = ['rsa-sha2-512', 'rsa-sha2-256']

/** Offers the keys one by one. Sends no `none` request, and signs without asking first if the key needs no confirmation. */
export const authentication = (options: AuthOptions): Auth => {
  const keys = new KeyQueue(options)
  const first = options.identities.offer[0]
  let current: (Picked & { readonly sign: Sign }) | undefined
  /** the signature algorithms for RSA that the server knows, best first */
  let knows: readonly string[] = RSA
  let next: NextAuthHandler | undefined

  const advance = async (): Promise<void> => {
    const picked = await keys.next()
    // false: no more methods (documented by ssh2, missing from its types)
    if (!picked) return next?.(false as never)
    const sign: Sign = (data, hash, done) => {
      keys
        .wait(picked.identity.sign(data, hash))
        .then(done)
        .catch((error: unknown) => {
          keys.note(picked.identity, error)
          void advance().catch(ignore)
        })
    }
    current = { ...picked, sign }
    keys.offered(picked)
    next?.({ type: 'agent', username: options.user, agent: oneKeyAgent(options.BaseAgent, picked.key, sign) })
  }

  const algorithm = (chosen: string | undefined): string | undefined => {
    if (chosen === undefined || !RSA.includes(chosen) || current === undefined) return chosen
    if (current.again !== undefined) return current.again
    // query and signature use the same algorithm; if the server refuses it, the other one is tried after all keys
    const [best = chosen, other] = knows
    if (other !== undefined) keys.offerAgain(current.identity, other)
    return best
  }

  return {
    handler: (_methods, _partial, then) => {
      next = then
      void advance().catch(ignore)
    },
    attach: (client) =>
      optimisticAuth(client, {
        sign: () => (!options.cautious && current?.again === undefined && current?.identity.optimistic() ? current.sign : undefined),
        signer: () => current?.sign,
        knows: (algorithms) => (knows = RSA.filter((one) => algorithms.includes(one))),
        algorithm,
        refused: (left) => (keys.methods = left),
        // an RSA key waits until the server has listed the hashes that it knows
        pipeline: !options.cautious && first?.blob !== undefined && keyType(first.blob) !== 'ssh-rsa',
      }),
    waiting: () => keys.waiting,
    current: () => current?.identity,
    failure: () => authFailure(options, keys),
  }
}

type Picked = Offer & { readonly key: ParsedKey }

/** The keys still to be offered, and what happened to the others. */
class KeyQueue {
  readonly tried: string[] = []
  readonly problems: ShipitError[] = []
  /** the methods that the server still takes, once it has refused one */
  methods: readonly string[] | undefined
  readonly #canAsk: boolean
  readonly #offers: Offer[]
  readonly #retried = new Set<Identity>()
  #pending = 0

  constructor({ identities, canAsk }: AuthOptions) {
    this.#canAsk = canAsk
    this.#offers = identities.offer.map((identity) => ({ identity }))
  }

  /** true while the user may be typing a passphrase or confirming a key */
  get waiting(): boolean {
    return this.#pending > 0
  }

  /** The next key that can be offered. Asks for its passphrase if its public key is not known otherwise. */
  async next(): Promise<Picked | undefined> {
    for (let offer = this.#offers.shift(); offer; offer = this.#offers.shift()) {
      const { identity } = offer
      if (this.methods && !this.methods.includes('publickey')) return undefined
      try {
        if (identity.locked() && !this.#canAsk) throw lockedError(identity.label)
        return { ...offer, key: await this.wait(identity.key()) }
      } catch (error) {
        this.note(identity, error)
      }
    }
    return undefined
  }

  offered({ identity, again }: Offer): void {
    if (again === undefined) this.tried.push(identity.label)
  }

  /** Offers the key once more after all others, with this signature algorithm. */
  offerAgain(identity: Identity, again: string): void {
    if (this.#offers.some((offer) => offer.identity === identity)) return
    if (!this.#retried.has(identity)) this.#offers.push({ identity, again })
    this.#retried.add(identity)
  }

  async wait<T>(work: Promise<T>): Promise<T> {
    this.#pending++
    return await work.finally(() => this.#pending--)
  }

  note(identity: Identity, error: unknown): void {
    const known = error instanceof ShipitError
    this.problems.push(known ? error : new ShipitError(`${identity.label}: ${(error as Error).message}`, { exit: EXIT.unreachable }))
  }
}

/** the connection closed during the search for a key: its own `close` event reports that */
const ignore = (): void => undefined

/** ssh2's agent interface around one key, so that the signature may take its time. */
const oneKeyAgent = (Base: typeof import('ssh2').BaseAgent, key: ParsedKey, sign: Sign): BaseAgent => {
  const agent = new (Base as unknown as new () => BaseAgent)()
  return Object.assign(agent, {
    getIdentities: (done: (error: undefined, keys: ParsedKey[]) => void) => done(undefined, [key]),
    // done(error) would end the whole login; after a failure the next key is offered instead
    sign: (_key: unknown, data: Buffer, how: { hash?: string } | undefined, done: (error: undefined, signature: Buffer) => void) =>
      sign(data, how?.hash, (signature) => done(undefined, signature)),
  })
}
