import type { Shell } from './shell.ts'

export interface PoolOptions {
  open(agent: boolean): Promise<Shell>
  /** how many to keep ready */
  readonly spares: number
  /** how many may be open at once, spares included */
  readonly limit: number
  /** whether a failed open means "not that many at once" (sshd's MaxSessions) */
  full(error: unknown): boolean
}

/** How many milliseconds a shell with the agent may take to open before spares make room for it, one after the other. */
const HURRY = 1000

interface Waiter extends PromiseWithResolvers<Shell> {
  readonly agent: boolean
  readonly returns: boolean
}

/** Opens shells before they are needed, and never too many at once. A shell is opening, then ready or busy, then closed. */
export class ShellPool {
  readonly #options: PoolOptions
  readonly #opening = { agent: 0, plain: 0 }
  readonly #ready: Shell[] = []
  readonly #busy = new Set<Shell>()
  /** those of the busy ones that will probably be returned */
  readonly #returning = new Set<Shell>()
  readonly #first = Promise.withResolvers<void>()
  #waiters: Waiter[] = []
  /** how many may be open at once, as far as known */
  #limit: number
  #expected = Infinity
  #over: Error | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.#limit = options.limit
    // it may reject before anything awaits it
    this.#first.promise.catch(() => {})
  }

  /** Resolves when the first shell is ready. */
  warm(): Promise<void> {
    this.#fill()
    return this.#first.promise
  }

  /**
   * Resolves with a shell for the caller alone, a spare one if there is one. Its place is free again once it has closed or was returned.
   * `returns`: the caller will probably return it.
   */
  take(agent = false, returns = false): Promise<Shell> {
    if (this.#over) return Promise.reject(this.#over)
    if (!agent && !returns && this.#expected > 0) this.#expected--
    const spare = agent ? undefined : this.#ready.shift()
    if (spare) {
      this.#lend(spare, returns)
      this.#fill()
      return Promise.resolve(spare)
    }
    const waiter: Waiter = { agent, returns, ...Promise.withResolvers<Shell>() }
    this.#waiters.push(waiter)
    this.#fill()
    return waiter.promise
  }

  /** Takes back a shell in which nothing runs. The next caller gets it before any other. */
  giveBack(shell: Shell): void {
    this.#returning.delete(shell)
    if (!this.#busy.delete(shell)) return
    if (this.#over) return shell.close()
    const waiter = this.#nextWaiter(false)
    if (waiter) this.#lend(shell, waiter.returns)
    else this.#ready.unshift(shell)
    waiter?.resolve(shell)
  }

  /** A shell that was to be returned will not be. */
  spend(shell: Shell): void {
    if (!this.#returning.delete(shell)) return
    if (this.#expected > 0) this.#expected--
    this.#fill()
  }

  /** How many plain shells will probably still be taken and not returned: no more spares than that are opened. */
  expect(count: number): void {
    this.#expected = count
    this.#fill()
  }

  /** the shells that nobody has taken; undefined if some are not open yet, and so are unknown */
  get idle(): readonly Shell[] | undefined {
    return this.#opening.agent + this.#opening.plain > 0 ? undefined : [...this.#ready]
  }

  /** Closes all spares and rejects all waiting calls. */
  close(reason: Error): void {
    this.#over = reason
    this.#first.reject(reason)
    this.#refuse(reason, () => true)
    for (const shell of this.#ready.splice(0)) shell.close()
  }

  /** Opens the shells that callers wait for, then spares, up to the limit. */
  #fill(): void {
    if (this.#over) return
    const agents = (): number => this.#waiting(true) - this.#opening.agent
    while (agents() > 0 && this.#held() < this.#limit) void this.#open(true)
    // an idle spare makes room for a channel that is needed; once it has closed, this is called again
    if (agents() > 0) return this.#ready.pop()?.close()
    const wanted = (): number => this.#waiting(false) + Math.max(0, Math.min(this.#options.spares, this.#expected) - this.#returning.size)
    while (wanted() > this.#ready.length + this.#opening.plain && this.#held() < this.#limit) void this.#open(false)
  }

  #held(): number {
    return this.#ready.length + this.#opening.agent + this.#opening.plain + this.#busy.size
  }

  #waiting(agent: boolean): number {
    return this.#waiters.filter((waiter) => waiter.agent === agent).length
  }

  async #open(agent: boolean): Promise<void> {
    const kind = agent ? 'agent' : 'plain'
    this.#opening[kind]++
    // a transport may queue what sshd refuses: a spare then has to make room
    const hurry = agent ? setInterval(() => this.#ready.pop()?.close(), HURRY) : undefined
    let shell: Shell | undefined
    let error: unknown
    try {
      shell = await this.#options.open(agent)
    } catch (caught) {
      error = caught
    }
    clearInterval(hurry)
    this.#opening[kind]--
    if (shell) this.#opened(shell, agent)
    else this.#failed(error, agent)
  }

  #opened(shell: Shell, agent: boolean): void {
    const waiter = this.#over ? undefined : this.#nextWaiter(agent)
    if (this.#over || (agent && !waiter)) return shell.close()
    void shell.closed.then(() => this.#closed(shell))
    this.#first.resolve()
    if (!waiter) return void this.#ready.push(shell)
    this.#lend(shell, waiter.returns)
    waiter.resolve(shell)
  }

  #lend(shell: Shell, returns: boolean): void {
    this.#busy.add(shell)
    if (returns) this.#returning.add(shell)
  }

  /** Removes the first waiting call from the list. */
  #nextWaiter(agent: boolean): Waiter | undefined {
    const at = this.#waiters.findIndex((one) => one.agent === agent)
    return at < 0 ? undefined : this.#waiters.splice(at, 1)[0]
  }

  #failed(error: unknown, agent: boolean): void {
    if (this.#options.full(error) && this.#held() > 0) {
      this.#limit = this.#held()
      return
    }
    if (!agent && this.#ready.length === 0) this.#first.reject(error)
    this.#refuse(error, (waiter) => waiter.agent === agent)
  }

  #closed(shell: Shell): void {
    const at = this.#ready.indexOf(shell)
    if (at >= 0) this.#ready.splice(at, 1)
    if (this.#waiters.length > 0) this.#limit = Math.min(this.#options.limit, this.#limit + 1)
    // a spare that died by itself is replaced only when a shell is needed: it would die again
    this.#returning.delete(shell)
    if (this.#busy.delete(shell) || this.#waiters.length > 0) this.#fill()
  }

  #refuse(error: unknown, which: (waiter: Waiter) => boolean): void {
    const refused = this.#waiters.filter(which)
    this.#waiters = this.#waiters.filter((waiter) => !which(waiter))
    for (const waiter of refused) waiter.reject(error)
  }
}
