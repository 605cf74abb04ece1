import { randomBytes } from 'node:crypto'
import type { Host } from '../../inventory/types.ts'
import { oneLine } from '../../shell/sudo-password.ts'
import { reveal } from '../../values/secret.ts'
import type { Secret } from '../../values/secret.ts'
import { Heartbeat, MISSES } from './heartbeat.ts'
import { KeeperProtocol, lines, UNKNOWN } from './protocol.ts'
import type { Ending, StepOfGroup } from './protocol.ts'
import { keeperScript } from './script/index.ts'
import { howItEnded, noShell, recent } from '../session/shell.ts'
import type { Channel, ChannelEnd, ChannelSink, Connection, LockRequest, LockResult, SessionTrace } from '../types.ts'

/** The one shell of a session that briefly outlives its client, to end what the client started. */
export interface Keeper {
  /** From now on the group ends when the client does. Sent before anything written later on this connection. */
  add(group: number): void
  remove(group: number): void
  /** The steps of this group's script may leave processes: only what certainly belongs to the running step is ended. */
  stay(group: number): void
  /**
   * Ends what the group's shell runs, and the shell; for an ended step, what it left. Sends TERM, then KILL after the grace, also to root's
   * processes if sudo allows it. Resolves with what is still there.
   */
  end(group: number, step?: StepOfGroup): Promise<Ending>
  /** Ends what a lost session of this run left, including its keeper. Resolves with what is still there. */
  fence(trace: SessionTrace): Promise<Ending>
  /** From now on the keeper may use this password, if sudo asks for one, to end what runs as root. */
  trust(password: Secret): void
  /** identifies this keeper, for {@link fence} of another one; undefined until it has introduced itself */
  self(): string | undefined
  /** Call this when output arrives: on a slow line, an answer queues after it. Ignored once an ending has been overdue. */
  outputArrived(): void
  /** Rejects with a ShipitError if the lock cannot be tried, and with the reason if the keeper is gone. */
  lock(request: LockRequest): Promise<LockResult>
  /**
   * Ends the remaining groups and releases the lock. Resolves when that is done, or can no longer be known. `idle`: this login has no shells
   * but the registered ones, so the keeper need not look for others.
   */
  quit(idle?: boolean): Promise<void>
  /** Resolves with the reason if the keeper is gone without quit(). */
  readonly lost: Promise<Error>
  /** Resolves with the reason when the host has not answered three heartbeats in a row. */
  readonly silent: Promise<Error>
  /** For how many milliseconds this process was recently suspended, if long enough for the host to consider it dead. */
  suspended(): number | undefined
}

export interface KeeperOptions {
  /** prefix of this session's step marks */
  readonly key: string
  /** milliseconds between two heartbeats; the host waits for three of them */
  readonly heartbeat: number
  /** milliseconds between TERM and KILL */
  readonly grace: number
  /** milliseconds until a silent account counts as one without a shell */
  readonly shellTimeout: number
  /** Called when the shell of a registered group is gone. The caller may know that already. */
  onDead(group: number): void
}

/** How many milliseconds past the grace the keeper may take to release the lock. */
const LEAVING = 5000

/** Opens the keeper's channel and resolves once it listens. Rejects with a ShipitError (exit 3) if the account gives no shell. */
export const openKeeper = async (host: Host, connection: Connection, options: KeeperOptions): Promise<Keeper> => {
  // a separate token, which no script ever holds
  const token = randomBytes(16).toString('hex')
  const keeper = new ChannelKeeper(host, options)
  const first = keeperScript({
    token,
    key: options.key,
    login: host.ssh.transport !== 'local',
    tick: options.heartbeat / 1000,
    misses: MISSES,
    grace: options.grace / 1000,
  })
  await keeper.listening(await connection.open(keeper.sink(token), { first }))
  return keeper
}

/** A keeper for as long as its channel lasts: opening, listening, then over. If the channel ends, the keeper counts as gone. */
class ChannelKeeper implements Keeper {
  readonly lost: Promise<Error>
  readonly silent: Promise<Error>
  readonly #host: Host
  readonly #options: KeeperOptions
  readonly #ready = Promise.withResolvers<void>()
  readonly #lost = Promise.withResolvers<Error>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #noise = recent(2000)
  readonly #heartbeat: Heartbeat
  readonly #protocol: KeeperProtocol
  #channel: Channel | undefined
  #leaving = false
  #over = false

  constructor(host: Host, options: KeeperOptions) {
    this.#host = host
    this.#options = options
    this.#heartbeat = new Heartbeat(options.heartbeat)
    this.#protocol = new KeeperProtocol(host, (message) => this.#send(message), {
      ready: () => this.#ready.resolve(),
      dead: (group) => options.onDead(group),
      bye: () => this.#gone.resolve(),
    })
    this.lost = this.#lost.promise
    this.silent = this.#heartbeat.silent
    // it may reject before anything awaits it
    this.#ready.promise.catch(() => {})
  }

  /** Where the output of the keeper's channel goes; lines with the token are messages of the keeper. */
  sink(token: string): ChannelSink {
    const listen = lines(token, (line) => {
      this.#heartbeat.answered()
      this.#protocol.receive(line)
    })
    return {
      stdout: (chunk) => {
        if (!this.#heartbeat.started) this.#noise.add(chunk)
        listen(chunk)
      },
      stderr: (chunk) => this.#noise.add(chunk),
      close: (end) => this.#closed(end),
    }
  }

  /** Resolves once the keeper listens on its channel; from then on there are heartbeats. */
  async listening(channel: Channel): Promise<void> {
    this.#channel = channel
    const { shellTimeout } = this.#options
    const timer = setTimeout(() => {
      this.#ready.reject(noShell(this.#host, this.#noise.text(), `no answer after ${shellTimeout / 1000} s`))
      channel.close()
    }, shellTimeout)
    await this.#ready.promise.finally(() => clearTimeout(timer))
    this.#heartbeat.start(() => this.#send('beat'))
  }

  add(group: number): void {
    this.#send(`add ${group}`)
  }

  remove(group: number): void {
    this.#send(`del ${group}`)
  }

  stay(group: number): void {
    this.#send(`stay ${group}`)
  }

  end(group: number, step?: StepOfGroup): Promise<Ending> {
    if (this.#over) return Promise.resolve(UNKNOWN)
    return this.#heartbeat.expect(this.#protocol.end(group, step), this.#options.grace)
  }

  fence(trace: SessionTrace): Promise<Ending> {
    return this.#over ? Promise.resolve(UNKNOWN) : this.#protocol.fence(trace)
  }

  trust(password: Secret): void {
    if (!this.#over) this.#send(`sudo ${reveal(oneLine(password))}`)
  }

  self(): string | undefined {
    return this.#protocol.self
  }

  outputArrived(): void {
    this.#heartbeat.outputArrived()
  }

  async lock(request: LockRequest): Promise<LockResult> {
    if (this.#over) throw await this.lost
    return this.#protocol.lock(request)
  }

  async quit(idle = false): Promise<void> {
    this.#leaving = true
    this.#heartbeat.stop()
    this.#send(idle ? 'quit idle' : 'quit')
    const late = setTimeout(() => this.#gone.resolve(), this.#options.grace + LEAVING)
    await this.#gone.promise.finally(() => clearTimeout(late))
  }

  suspended(): number | undefined {
    return this.#heartbeat.suspended()
  }

  #send(message: string): void {
    this.#channel!.write(`${message}\n`)
  }

  #closed(end: ChannelEnd): void {
    this.#over = true
    this.#heartbeat.stop()
    this.#ready.reject(end.lost ?? noShell(this.#host, this.#noise.text(), howItEnded(end)))
    const reason = end.lost ?? new Error(`the keeper on the host ended (${howItEnded(end)})`)
    if (!this.#leaving) this.#lost.resolve(reason)
    this.#gone.resolve()
    this.#protocol.over(reason)
  }
}
