import { timeLimit } from '../../shell/attempts.ts'
import type { Frame, FrameSink, ScriptStep } from '../../shell/types.ts'
import type { Ending, StepOfGroup } from '../keeper/protocol.ts'
import { stillThere, timeoutReason } from './reasons.ts'
import { howItEnded } from './shell.ts'
import type { Shell } from './shell.ts'
import { stepLog } from './steps.ts'
import type { StepLog } from './steps.ts'
import type { ChannelEnd, ScriptOutcome, StepInput } from '../types.ts'

export interface ScriptRun {
  readonly shell: Shell
  readonly steps: readonly ScriptStep[]
  readonly script: Buffer
  /** whether the shell can run another script if this one ends well and leaves nothing; if not, it ends with this one */
  readonly reusesShell: boolean
  readonly sink: FrameSink | undefined
  /** of a step that reads its stdin */
  readonly begun: ((input: StepInput) => void) | undefined
  readonly signal: AbortSignal | undefined
  /** aborted with the reason when the connection is gone */
  readonly lost: AbortSignal
  /** aborted when the host reports that the script's shell is gone */
  readonly dead: AbortSignal | undefined
  /** Called if the shell waits for another script, before the outcome is known. */
  free(): void
  /** Ends what the script runs, or what an ended step left. Resolves with what is still there. */
  end(step: StepOfGroup): Promise<Ending>
}

interface Begun {
  readonly id: number
  readonly at: number | undefined
}

/** How long a channel may stay open after the script has finished. A background child of a step can hold it for days. */
const CLOSE_DELAY = 300
/** How long to wait for more output once the shell is known to be gone. */
const SILENCE = 2000

/** Sends a script to its shell and follows it to its end. Never rejects. */
export const runScript = (run: ScriptRun): Promise<ScriptOutcome> => new RunningScript(run).start()

/** A shell's exit code is 128 and the number of the signal that ended a program (sh(1)); Linux has 64. 255 is a code of the program itself. */
const LAST_SIGNAL = 128 + 64

/**
 * A script on its way from `running` to `finished`. In between it may be `ending`: the keeper ends what the script runs, or what its failed
 * steps left, and the outcome waits for that. A lost connection finishes it from anywhere.
 */
class RunningScript {
  readonly #run: ScriptRun
  readonly #log: StepLog
  readonly #result = Promise.withResolvers<ScriptOutcome>()
  readonly #clock: StepClock
  readonly #failures: Begun[] = []
  #state: 'running' | 'ending' | 'finished' = 'running'
  #step: Begun | undefined
  /** nothing that has run so far can have left anything */
  #clean = true
  #silence: NodeJS.Timeout | undefined

  constructor(run: ScriptRun) {
    this.#run = run
    this.#log = stepLog(run.steps)
    this.#clock = new StepClock(run.steps, (limit) => void this.#stop('failed', timeoutReason(limit), 'none'))
  }

  start(): Promise<ScriptOutcome> {
    const { shell, script, signal, lost, dead, sink } = this.#run
    shell.attach({
      frame: (frame) => this.#frame(frame),
      ending: (frame) => this.#log.ending(frame),
      again: (id, stream) => sink?.again?.(id, stream),
      output: (id, stream, chunk) => {
        this.#silence?.refresh()
        sink?.output(id, stream, chunk)
      },
    })
    void shell.closed.then((end) => this.#closed(end))
    signal?.addEventListener('abort', this.#cancelled, { once: true })
    lost.addEventListener('abort', this.#lost, { once: true })
    dead?.addEventListener('abort', this.#died, { once: true })
    shell.write(script)
    if (!this.#run.reusesShell && !this.#run.begun) shell.end()
    if (lost.aborted) this.#lost()
    return this.#result.promise
  }

  #frame(frame: Frame): void {
    this.#log.frame(frame)
    this.#note(frame)
    this.#run.sink?.frame(frame)
    this.#clock.frame(frame)
    if (frame.type === 'begin') this.#run.begun?.(this.#run.shell)
    if (frame.type === 'done') void (this.#failures.length > 0 ? this.#reap() : this.#finish(undefined, this.#clean))
  }

  /** Notes which step runs, and which failed ones may have left processes. */
  #note(frame: Frame): void {
    if (frame.type === 'begin') this.#step = { id: frame.id, at: frame.at || undefined }
    if (frame.type !== 'end' && frame.type !== 'skip') return
    const { id } = frame
    const spec = this.#run.steps.find((step) => step.id === id)?.command.spec
    const daemon = spec?.daemon === true
    if (frame.type === 'end' && spec?.contained !== true) this.#clean = false
    // what a signal ended may have left processes, also if its failure is tolerated
    const killed = frame.type === 'end' && frame.code > 128 && frame.code <= LAST_SIGNAL
    // if another step has begun by now, younger processes may belong to it
    if ((this.#log.failed(id) || killed) && !daemon) this.#failures.push({ id, at: this.#step?.id === id ? this.#step.at : undefined })
    if (this.#step?.id === id) this.#step = undefined
  }

  readonly #cancelled = (): void => void this.#stop('cancelled', 'cancelled', 'none')

  readonly #lost = (): void => this.#lose(this.#run.lost.reason as Error)

  readonly #died = (): void => {
    this.#silence = setTimeout(() => this.#shellEnded('killed on the host'), SILENCE)
  }

  #closed(end: ChannelEnd): void {
    if (this.#run.lost.aborted) return
    if (end.lost) this.#lose(end.lost)
    else this.#shellEnded(howItEnded(end))
  }

  #shellEnded(how: string): void {
    void this.#stop('failed', `the shell that ran it ended: ${how}`, 'first')
  }

  #lose(error: Error): void {
    this.#log.interrupt('failed', `connection lost: ${error.message}`)
    this.#finish(error)
  }

  /** Ends the group, waits for its last output, and only then records the outcome of the running step. */
  async #stop(status: 'failed' | 'cancelled', reason: string, or: 'first' | 'none'): Promise<void> {
    if (this.#state !== 'running') return
    this.#state = 'ending'
    if (this.#run.begun) this.#run.shell.resume()
    const { gone, left } = await this.#run.end({ id: this.#step?.id, began: this.#step?.at })
    await Promise.race([this.#run.shell.closed, pause(CLOSE_DELAY)])
    if (this.#isFinished()) return
    this.#log.interrupt(status, gone ? reason : `${reason}; ${stillThere(left)}`, or, left)
    this.#finish()
  }

  /** Nothing that a failed step started may keep running during the next run. */
  async #reap(): Promise<void> {
    if (this.#state !== 'running') return
    this.#state = 'ending'
    for (const { id, at } of this.#failures) {
      const { gone, left } = await this.#run.end({ id, began: at, ended: true })
      if (!gone) this.#log.leave(id, stillThere(left), left)
    }
    this.#finish()
  }

  #isFinished(): boolean {
    return this.#state === 'finished'
  }

  /** `clean`: the script ended well, and its shell has no other processes. */
  #finish(error?: Error, clean = false): void {
    if (this.#state === 'finished') return
    const free = clean && this.#run.reusesShell && this.#state === 'running'
    this.#state = 'finished'
    const { shell, signal, lost, dead } = this.#run
    this.#clock.stop()
    clearTimeout(this.#silence)
    signal?.removeEventListener('abort', this.#cancelled)
    lost.removeEventListener('abort', this.#lost)
    dead?.removeEventListener('abort', this.#died)
    shell.attach({ frame: () => {}, output: () => {} })
    if (free) this.#run.free()
    else this.#close()
    this.#result.resolve(this.#log.outcome(error))
  }

  #close(): void {
    const { shell, reusesShell, begun } = this.#run
    if (reusesShell || begun) shell.end()
    // nobody reads its output any more, and its end comes after it
    if (begun) shell.resume()
    const late = setTimeout(() => shell.close(), CLOSE_DELAY)
    void shell.closed.then(() => clearTimeout(late))
  }
}

/** The time limit of the running step. Steps run one after the other: when one begins, the clock of the previous one stops too. */
class StepClock {
  readonly #limits: ReadonlyMap<number, number | undefined>
  readonly #expired: (limit: number) => void
  #step: number | undefined
  #timer: NodeJS.Timeout | undefined

  /** Calls `expired` with the limit, in milliseconds, of a step that took longer. */
  constructor(steps: readonly ScriptStep[], expired: (limit: number) => void) {
    this.#limits = new Map(steps.map(({ id, command }) => [id, timeLimit(command)]))
    this.#expired = expired
  }

  frame(frame: Frame): void {
    if (frame.type === 'begin') this.#restart(frame.id)
    if ((frame.type === 'end' || frame.type === 'skip') && frame.id === this.#step) this.stop()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #restart(id: number): void {
    this.stop()
    this.#step = id
    const limit = this.#limits.get(id)
    // setTimeout fires at once for more than 2^31 ms, 24 days
    if (limit !== undefined) this.#timer = setTimeout(() => this.#expired(limit), Math.min(limit, 2 ** 31 - 1))
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
