import type { Host } from '../../inventory/types.ts'
import { mayBeContained } from '../../shell/command.ts'
import { compileScript } from '../../shell/compile.ts'
import type { PasswordHolder } from '../../shell/sudo-password.ts'
import type { Secret } from '../../values/secret.ts'
import type { ScriptStep } from '../../shell/types.ts'
import type { Keeper } from '../keeper/keeper.ts'
import type { ShellPool } from './shell-pool.ts'
import { connectionLost, lossReason } from './reasons.ts'
import { runScript } from './script.ts'
import type { Shell } from './shell.ts'
import { attachStep } from './attach-step.ts'
import { PasswordChecks } from './sudo-check.ts'
import { stepLog } from './steps.ts'
import { shellUnlessStopped } from './take-shell.ts'
import type { Tracks } from './trace.ts'
import type { AttachOptions, Connection, LockRequest, LockResult, ScriptOptions, ScriptOutcome, Session, SessionTrace } from '../types.ts'

/** What a session is made of. */
export interface SessionParts {
  readonly host: Host
  readonly connection: Connection
  readonly keeper: Keeper
  readonly pool: ShellPool
  readonly token: string
  /** prefix of this session's step marks */
  readonly key: string
  /** milliseconds between TERM and KILL */
  readonly grace: number
  /** by the group of each running script: aborted when its shell is gone */
  readonly dead: Map<number, AbortController>
  readonly shells: Tracks
  /** Ends these groups after the keeper was killed. */
  adopt(groups: readonly number[], sudoPassword: Secret | undefined): Promise<void>
}

/** How many milliseconds the lock of a lost session may take to become free, on top of the grace for what ran there. */
const RELEASE = 5000

/** A session whose keeper and first shell have answered, until it is closed or lost. */
export class EstablishedSession implements Session {
  readonly host: Host
  readonly address: string
  readonly lost: Promise<Error>
  readonly #parts: SessionParts
  /** aborted with the reason when the session is lost */
  readonly #lost = new AbortController()
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  readonly #passwords: PasswordChecks
  #closed: Promise<void> | undefined
  #locked: LockRequest | undefined

  constructor(parts: SessionParts) {
    const { host, connection, keeper } = parts
    this.host = host
    this.address = connection.address
    this.#parts = parts
    this.#passwords = new PasswordChecks({
      host,
      account: host.user ?? connection.address.replace(/@.*$/, ''),
      run: (step, sink, holder) => this.#start([step], { sink }, holder),
      trust: (password) => keeper.trust(password),
    })
    const orphaned = keeper.lost.then((error) => this.#adoptOrphans(error))
    this.lost = Promise.race([connection.lost, keeper.silent, orphaned]).then((error) => {
      this.#markLost(error)
      void connection.close()
      return this.#lost.signal.reason as Error
    })
  }

  async lock(request: LockRequest): Promise<LockResult> {
    if (this.#locked) throw new TypeError(`a session takes one lock, and already has that of ${this.#locked.deployTo}`)
    this.#locked = request
    const { keeper, grace, host } = this.#parts
    let result: LockResult | undefined
    try {
      result = await keeper.lock(request)
      // the keeper of the lost session was asked to end: it first ends what ran there
      for (const end = Date.now() + grace + RELEASE; request.again && !result.taken && result.run === request.run && Date.now() < end;) {
        await new Promise((resolve) => setTimeout(resolve, 250))
        result = await keeper.lock(request)
      }
      return result
    } catch (error) {
      // the keeper is gone, and the session with it: a lost host, not an unavailable lock
      throw connectionLost(host, error as Error)
    } finally {
      if (!result?.taken) this.#locked = undefined
    }
  }

  run(steps: readonly ScriptStep[], options: ScriptOptions = {}): Promise<ScriptOutcome> {
    const { sink } = options
    const watching = this.#passwords.watching(steps, sink)
    const run = () => this.#start(steps, watching === undefined ? options : { ...options, sink: watching })
    return this.#tracked(this.#passwords.unlessRefused(steps, sink, run))
  }

  attach(step: ScriptStep, { terminal, signal }: AttachOptions): Promise<ScriptOutcome> {
    const { connection, pool } = this.#parts
    // sshd may allow too few channels for a terminal beside shells that only wait
    for (const shell of pool.idle ?? []) shell.close()
    const stop = AbortSignal.any([signal, this.#closing.signal])
    const run = () => attachStep(connection, step, { terminal, stop, lost: this.#lost.signal, host: this.host })
    return this.#tracked(this.#passwords.unlessRefused([step], undefined, run))
  }

  forward(hostname: string, port: number): ReturnType<Session['forward']> {
    return this.#parts.connection.forward(hostname, port)
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work)
    void work.finally(() => this.#running.delete(work)).catch(() => {})
    return work
  }

  trace(): SessionTrace | undefined {
    return this.#parts.shells.trace
  }

  fence(trace: SessionTrace): ReturnType<Session['fence']> {
    const { keeper } = this.#parts
    return this.#passwords.recall(trace.sudoPassword).then(() => keeper.fence(trace))
  }

  expect(scripts: number): void {
    this.#parts.pool.expect(scripts)
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  leave(): Promise<void> {
    if (this.#running.size > 0 || this.#lost.signal.aborted || this.#closed) return this.close()
    const { pool, keeper, connection } = this.#parts
    const { idle } = pool
    this.#closing.abort()
    pool.close(new Error('the session is closed'))
    // a shell that only waits ends with its channel
    for (const { pid } of idle ?? []) keeper.remove(pid)
    void keeper.quit(idle !== undefined)
    connection.leave()
    return (this.#closed = Promise.resolve())
  }

  async #close(): Promise<void> {
    const { pool, keeper, connection } = this.#parts
    this.#closing.abort()
    pool.close(new Error('the session is closed'))
    await Promise.allSettled(this.#running)
    if (this.#lost.signal.aborted) await this.lost
    else await keeper.quit()
    await connection.close()
  }

  /** Runs the steps in a shell of their own. */
  async #start(
    steps: readonly ScriptStep[],
    { sink, env, agent, signal, begun, answered }: ScriptOptions,
    host: PasswordHolder = this.host,
  ): Promise<ScriptOutcome> {
    const { token, key, pool } = this.#parts
    const stop = AbortSignal.any(signal ? [signal, this.#closing.signal] : [this.#closing.signal])
    const reusesShell = !agent && steps.every(({ command }) => mayBeContained(command))
    const script = compileScript(steps, { token, key, reusesShell, host, ...(env ? { env } : {}), ...(answered ? { answered } : {}) })
    if (steps.length === 0 || stop.aborted) return stepLog(steps).outcome(undefined)
    let shell: Shell | undefined
    try {
      shell = await shellUnlessStopped(stop, pool.take(agent, reusesShell))
    } catch (error) {
      return stepLog(steps).outcome(this.#closing.signal.aborted ? undefined : (error as Error))
    }
    return shell ? this.#runIn(shell, steps, { script, sink, stop, begun, reusesShell }) : stepLog(steps).outcome(undefined)
  }

  /** Runs the script while its group is known to the keeper as one that runs something. */
  async #runIn(
    shell: Shell,
    steps: readonly ScriptStep[],
    { script, sink, stop, begun, reusesShell }: PreparedScript,
  ): Promise<ScriptOutcome> {
    const { keeper, dead, shells, pool } = this.#parts
    const { pid } = shell
    const group = new AbortController()
    dead.set(pid, group)
    const stay = steps.some(({ command }) => command.spec.daemon === true)
    if (stay) keeper.stay(pid)
    let free = false
    const outcome = await runScript({
      shell,
      steps,
      script,
      reusesShell,
      free: () => (free = true),
      sink: shells.script(pid, stay, sink),
      begun,
      signal: stop,
      lost: this.#lost.signal,
      dead: group.signal,
      end: (step) => keeper.end(pid, step),
    })
    dead.delete(pid)
    if (free) {
      shells.add(pid)
      pool.giveBack(shell)
    } else {
      keeper.remove(pid)
      pool.spend(shell)
    }
    return outcome
  }

  /** The keeper was killed, and with it the watch over these groups: another keeper ends them. */
  async #adoptOrphans(error: Error): Promise<Error> {
    const groups = [...this.#parts.dead.keys()]
    this.#markLost(error)
    await this.#parts.adopt(groups, this.#passwords.trusted).catch(() => {})
    return error
  }

  #markLost(error: Error): void {
    const { keeper, shells, pool, key } = this.#parts
    const reason = lossReason(error, keeper.suspended())
    // before the shells' channels close
    shells.freeze({ key, keeper: keeper.self(), deployTo: this.#locked?.deployTo, sudoPassword: this.#passwords.trusted })
    if (!this.#lost.signal.aborted) this.#lost.abort(reason)
    pool.close(reason)
  }
}

interface PreparedScript {
  readonly script: Buffer
  readonly sink: ScriptOptions['sink']
  readonly stop: AbortSignal
  readonly begun: ScriptOptions['begun']
  readonly reusesShell: boolean
}
