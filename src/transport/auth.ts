import type { AuthHandlerMiddleware, BaseAgent, Client, NextAuthHandler, ParsedKey } from 'ssh2'
import { EXIT, ShipitError } from '../values/errors.ts'
import type { AuthOptions } from './authoptions.ts'
import { authFailure } from './authfailure.ts'
import { eagerly, type Sign } from './eager.ts'
import type { Identity } from './identities.ts'
import { lockedError } from './keyfile.ts'
import { keyType } from './knownhosts.ts'

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
  const queue: Offer[] = options.identities.offer.map((identity) => ({ identity }))
  const first = options.identities.offer[0]
  const tried: string[] = []
  const problems: ShipitError[] = []
  let current: (Offer & { readonly sign: Sign }) | undefined
  let knows: readonly string[] = RSA
  let methods: readonly string[] | undefined
  const retried = new Set<Identity>()
  let next: NextAuthHandler | undefined
  let pending = 0

  const wait = async <T>(work: Promise<T>): Promise<T> => {
    pending++
    return await work.finally(() => pending--)
  }

  /** the next key that can be offered */
  const pick = async (): Promise<(Offer & { readonly key: ParsedKey }) | undefined> => {
    for (let offer = queue.shift(); offer; offer = queue.shift()) {
      const { identity } = offer
      if (methods && !methods.includes('publickey')) return undefined
      try {
        if (identity.locked() && !options.canAsk) throw lockedError(identity.label)
        return { ...offer, key: await wait(identity.key()) }
      } catch (error) {
        note(identity, error)
      }
    }
    return undefined
  }

  const advance = async (): Promise<void> => {
    const picked = await pick()
    // false: no more methods (documented by ssh2, missing from its types)
    if (!picked) return next?.(false as never)
    const sign: Sign = (data, hash, done) => {
      wait(picked.identity.sign(data, hash))
        .then(done)
        .catch((error: unknown) => {
          note(picked.identity, error)
          void advance().catch(ignore)
        })
    }
    current = { ...picked, sign }
    if (picked.again === undefined) tried.push(picked.identity.label)
    next?.({ type: 'agent', username: options.user, agent: oneKeyAgent(options.BaseAgent, picked.key, sign) })
  }

  const note = (identity: Identity, error: unknown): void => {
    const known = error instanceof ShipitError
    problems.push(known ? error : new ShipitError(`${identity.label}: ${(error as Error).message}`, { exit: EXIT.unreachable }))
  }

  return {
    handler: (_methods, _partial, then) => {
      next = then
      void advance().catch(ignore)
    },
    attach: (client) =>
      eagerly(client, {
        sign: () => (!options.cautious && current?.again === undefined && current?.identity.eager() ? current.sign : undefined),
        signer: () => current?.sign,
        knows: (algorithms) => (knows = RSA.filter((one) => algorithms.includes(one))),
        algorithm: (chosen) => {
          if (chosen === undefined || !RSA.includes(chosen) || current === undefined) return chosen
          if (current.again !== undefined) return current.again
          // query and signature use the same algorithm; if the server refuses it, the other one is tried after all keys
          const [best = chosen, other] = knows
          if (other !== undefined && !queue.some(({ identity }) => identity === current!.identity)) {
            if (!retried.has(current.identity)) queue.push({ identity: current.identity, again: other })
            retried.add(current.identity)
          }
          return best
        },
        refused: (left) => (methods = left),
        // an RSA key waits until the server has listed the hashes that it knows
        pipeline: !options.cautious && first?.blob !== undefined && keyType(first.blob) !== 'ssh-rsa',
      }),
    waiting: () => pending > 0,
    current: () => current?.identity,
    failure: () => authFailure(options, { tried, problems, methods }),
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
