import { watchSuspension, type SuspensionWatch } from './suspension.ts'

/** How many heartbeats may pass unanswered, on either side. */
export const MISSES = 3

/** How many milliseconds an ending may stay unanswered past the grace. Then the keeper counts as hung, even if output still arrives. */
const OVERDUE = 5000

/** Sends heartbeats to the host, which ends everything when they stop, and notices when the host leaves three in a row unanswered. */
export class Heartbeat {
  /** Resolves with the reason when the host is silent. */
  readonly silent: Promise<Error>
  readonly #silent = Promise.withResolvers<Error>()
  /** milliseconds */
  readonly #interval: number
  readonly #suspension: SuspensionWatch
  #timer: NodeJS.Timeout | undefined
  #unanswered = 0
  #overdue = 0

  constructor(interval: number) {
    this.#interval = interval
    this.#suspension = watchSuspension(MISSES * interval)
    this.silent = this.#silent.promise
  }

  get started(): boolean {
    return this.#timer !== undefined
  }

  /** Counts heartbeats, not time: a machine that was suspended for an hour sent none in that hour. */
  start(beat: () => void): void {
    this.#timer = setInterval(() => {
      this.#suspension.beat()
      if (this.#unanswered++ < MISSES) beat()
      else this.#silent.resolve(new Error(`no answer from the host for ${(MISSES * this.#interval) / 1000} s`))
    }, this.#interval)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** The keeper answered. */
  answered(): void {
    this.#unanswered = 0
  }

  /** The host sent something else. Ignored once an answer of the keeper has been overdue. */
  outputArrived(): void {
    if (this.#overdue === 0) this.#unanswered = 0
  }

  /** Waits for an answer that should come within `grace` milliseconds, and passes it on. */
  expect<T>(answer: Promise<T>, grace: number): Promise<T> {
    const late = setTimeout(() => this.#overdue++, grace + OVERDUE)
    return answer.finally(() => clearTimeout(late))
  }

  /** For how many milliseconds this process was recently suspended, if long enough for the host to consider it dead. */
  suspended(): number | undefined {
    return this.#suspension.suspended()
  }
}
