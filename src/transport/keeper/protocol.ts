import type { Host } from '../../inventory/types.ts'
import { hostProcess, lockAnswer, lockMessages } from './lock.ts'
import type { HostProcess, LockRequest, LockResult, SessionTrace } from '../types.ts'

export interface Ending {
  readonly gone: boolean
  /** the remaining processes that could be seen */
  readonly left: readonly HostProcess[]
}

export interface StepOfGroup {
  readonly id?: number | undefined
  /** when it began, in ticks since the host's boot */
  readonly began?: number | undefined
  readonly ended?: boolean
}

/** Messages of the keeper that answer no question. */
export interface KeeperEvents {
  /** it is listening */
  ready(): void
  /** the shell of a registered group is gone */
  dead(group: number): void
  /** it has ended all groups and released the lock */
  bye(): void
}

export const UNKNOWN: Ending = { gone: false, left: [] }

/** The key of the processes that a fence could not end, among those of groups, whose numbers are never 0. */
const FENCED = 0

/** The requests to a keeper and its answers, one message per line each way. Knows no channel and no clock. */
export class KeeperProtocol {
  readonly #host: Host
  readonly #send: (message: string) => void
  readonly #events: KeeperEvents
  readonly #endings = new Map<number, PromiseWithResolvers<Ending>>()
  readonly #still = new Map<number, HostProcess[]>()
  readonly #holder: string[] = []
  readonly #irregular: string[] = []
  #locking: (PromiseWithResolvers<LockResult> & Pick<LockRequest, 'deployTo'>) | undefined
  #fencing: PromiseWithResolvers<Ending> | undefined
  #self: string | undefined

  constructor(host: Host, send: (message: string) => void, events: KeeperEvents) {
    this.#host = host
    this.#send = send
    this.#events = events
  }

  /** what the keeper reported about itself */
  get self(): string | undefined {
    return this.#self
  }

  /** Takes a line from the keeper, without its token. */
  receive(line: string): void {
    const [word = '', rest = ''] = split(line)
    if (word === 'ready') this.#events.ready()
    if (word === 'dead') this.#events.dead(Number(rest))
    if (word === 'bye') this.#events.bye()
    if (word === 'self') this.#self = rest
    if (word === 'still') this.#addStill(rest)
    if (word === 'ended' || word === 'left')
      this.#endings.get(Number(rest))?.resolve({ gone: word === 'ended', left: this.#takeStill(Number(rest)) })
    if (word === 'fenced' || word === 'unfenced') this.#fencing?.resolve({ gone: word === 'fenced', left: this.#takeStill(FENCED) })
    if (word === 'holder') this.#holder.push(rest)
    if (word === 'irregular') this.#irregular.push(rest)
    if (word === 'lock') this.#answerLock(rest)
  }

  /** Asks to end what a group runs, or what an ended step left. A second request for the same group gets the same answer. */
  end(group: number, { id, began, ended }: StepOfGroup = {}): Promise<Ending> {
    const known = this.#endings.get(group) ?? Promise.withResolvers<Ending>()
    if (!this.#endings.has(group)) {
      this.#endings.set(group, known)
      this.#send(`${ended ? 'reap' : 'end'} ${group} ${id ?? '-'} ${began ?? ''}`)
    }
    return known.promise.finally(() => this.#endings.delete(group))
  }

  /** Asks to end what a lost session left. */
  fence({ key, keeper, from, shells, deployTo }: SessionTrace): Promise<Ending> {
    this.#fencing = Promise.withResolvers()
    const words = shells.map(({ pid, stay }) => `${pid}${stay ? '+' : ''}`)
    if (deployTo !== undefined) this.#send(`dir ${deployTo}`)
    this.#send(['fence', key, keeper, from ?? '-', ...words].join(' '))
    return this.#fencing.promise
  }

  /** Asks for the lock. Rejects with a ShipitError if it cannot be tried. */
  async lock(request: LockRequest): Promise<LockResult> {
    this.#locking = { ...Promise.withResolvers<LockResult>(), deployTo: request.deployTo }
    this.#send(lockMessages(request).join('\n'))
    return this.#locking.promise
  }

  /** Settles all requests that the keeper can no longer answer. */
  over(reason: Error): void {
    for (const ending of [...this.#endings.values(), ...(this.#fencing ? [this.#fencing] : [])]) ending.resolve(UNKNOWN)
    this.#locking?.reject(reason)
  }

  #addStill(rest: string): void {
    const [group, text] = split(rest)
    const process = hostProcess(text)
    if (process) this.#still.set(Number(group), [...(this.#still.get(Number(group)) ?? []), process])
  }

  #takeStill(group: number): HostProcess[] {
    const found = this.#still.get(group) ?? []
    this.#still.delete(group)
    return found
  }

  #answerLock(rest: string): void {
    const [how = '', detail = ''] = split(rest)
    const answer = lockAnswer(
      this.#host,
      { how, detail, deployTo: this.#locking?.deployTo ?? '' },
      { holder: this.#holder.splice(0), irregular: this.#irregular.splice(0) },
    )
    if (answer instanceof Error) this.#locking?.reject(answer)
    else this.#locking?.resolve(answer)
  }
}

/** Finds the lines that contain the token. Drops whatever an account prints before it. */
export const lines = (token: string, line: (text: string) => void): ((chunk: Buffer) => void) => {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      const bytes = rest.subarray(0, at)
      rest = rest.subarray(at + 1)
      const start = bytes.indexOf(`${token} `)
      if (start >= 0) line(bytes.subarray(start + token.length + 1).toString())
    }
    // no line of the keeper is that long
    rest = rest.subarray(-LONGEST)
  }
}

const LONGEST = 8192

/** Splits at the first space. */
const split = (text: string): [string, string] => {
  const at = text.indexOf(' ')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
