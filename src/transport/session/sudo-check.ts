import { masked } from '../../redact/mask.ts'
import { sh } from '../../shell/sh.ts'
import type { FrameSink, ScriptStep } from '../../shell/types.ts'
import { passwordFor, type PasswordHolder } from '../../shell/sudo-password.ts'
import { ShipitError } from '../../values/errors.ts'
import { reveal } from '../../values/secret.ts'
import type { Secret } from '../../values/secret.ts'
import type { ScriptOutcome } from '../types.ts'
import { stepLog } from './steps.ts'

interface Checks {
  readonly host: PasswordHolder
  /** the login, for messages */
  readonly account: string
  /** runs a step with a password for sudo */
  run(step: ScriptStep, sink: FrameSink, password: PasswordHolder): Promise<ScriptOutcome>
  /** called with each password that sudo took */
  trust(password: Secret): void
}

/** How sudo answered. */
interface Answer {
  readonly ok: boolean
  readonly stderr: string
}

/**
 * Has sudo try a password, and runs nothing: whatever its rules and its timestamps are, it asks, once. Root needs none, and without sudo
 * there is nothing to ask.
 */
const CHECK = sh`LC_ALL=C; export LC_ALL
[ "$(id -u)" != 0 ] || exit 0
(unset -f sudo; command -v sudo) >/dev/null || exit 0
sudo -k -v`.timeout('1m')

/**
 * Has sudo try each password of a session, before the first script with a step that uses it. One that sudo refused is never given again:
 * each attempt may count towards locking the account.
 */
export class PasswordChecks {
  readonly #checks: Checks
  readonly #answers = new Map<string, Promise<Answer>>()
  #trusted: Secret | undefined

  constructor(checks: Checks) {
    this.#checks = checks
  }

  /** Passes scripts on, unless the password that a step needs is refused, or has no value: then that step has failed, and nothing runs. */
  async unlessRefused(
    steps: readonly ScriptStep[],
    sink: FrameSink | undefined,
    run: () => Promise<ScriptOutcome>,
  ): Promise<ScriptOutcome> {
    for (const step of steps) {
      const password = passwordFor(step.command, this.#checks.host)
      if (password === undefined) continue
      try {
        const { ok, stderr } = await this.#answer(password)
        if (!ok) return failedAt(steps, step, { reason: this.#reason(stderr), stderr }, sink)
      } catch (error) {
        if (!(error instanceof ShipitError)) throw error
        return failedAt(steps, step, { reason: [error.message, error.hint ?? []].flat().join(': '), stderr: '' }, sink)
      }
    }
    return run()
  }

  /** the last password that sudo took */
  get trusted(): Secret | undefined {
    return this.#trusted
  }

  /** Has sudo try a password that it took from a session before this one. */
  async recall(password: Secret | undefined): Promise<void> {
    if (password !== undefined) await this.#answer(password)
  }

  /** A sink that notices when sudo refuses a password after all, as with `.as()` where sudo asks for that account's: then it was the last time. */
  watching(steps: readonly ScriptStep[], sink: FrameSink | undefined): FrameSink | undefined {
    const passwords = steps.flatMap(({ command }) => passwordFor(command, this.#checks.host) ?? [])
    if (passwords.length === 0) return sink
    return {
      frame: (frame) => sink?.frame(frame),
      again: (id, stream) => sink?.again?.(id, stream),
      output: (id, stream, chunk) => {
        const text = stream === 'stderr' ? chunk.toString('latin1') : ''
        if (REFUSED.test(text)) for (const one of passwords) this.#answers.set(reveal(one), Promise.resolve({ ok: false, stderr: text }))
        sink?.output(id, stream, chunk)
      },
    }
  }

  #answer(password: Secret): Promise<Answer> {
    const value = reveal(password)
    const known = this.#answers.get(value) ?? this.#ask(password)
    this.#answers.set(value, known)
    return known
  }

  async #ask(password: Secret): Promise<Answer> {
    let stderr = ''
    const sink: FrameSink = {
      frame: () => {},
      output: (id, stream, chunk) => {
        if (id !== undefined && stream === 'stderr') stderr += chunk.toString()
      },
    }
    const { steps, lost } = await this.#checks.run({ id: 0, command: CHECK }, sink, { sudoPassword: password })
    // what follows finds out by itself that the connection is lost
    const ok = lost !== undefined || steps[0]?.status !== 'failed'
    if (ok) this.#checks.trust((this.#trusted = password))
    return { ok, stderr }
  }

  #reason(stderr: string): string {
    const { account } = this.#checks
    if (REFUSED.test(stderr)) return `sudo refused the password of ${account}: it was tried once, and is not tried again on this host`
    return `sudo takes no password from ${account}: ${masked(lastLine(stderr))}`
  }
}

/** What sudo and sudo-rs print about a wrong password. */
const REFUSED = /\d+ incorrect (?:password|authentication) attempt|authentication failed, try again/i

const lastLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '') ?? 'it gave no reason'

/** The outcome of a script that was not sent. */
const failedAt = (
  steps: readonly ScriptStep[],
  { id }: ScriptStep,
  { reason, stderr }: { readonly reason: string; readonly stderr: string },
  sink: FrameSink | undefined,
): ScriptOutcome => {
  const log = stepLog(steps)
  const begin = { type: 'begin', id } as const
  log.frame(begin)
  sink?.frame(begin)
  if (stderr !== '') sink?.output(id, 'stderr', Buffer.from(stderr))
  log.interrupt('failed', reason)
  return log.outcome(undefined)
}
