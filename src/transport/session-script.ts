import type { Frame, FrameSink, ScriptStep } from '../shell/types.ts'
import type { Ending, StepOfGroup } from './keeper.ts'
import { stillThere, timeoutReason } from './session-reasons.ts'
import { howItEnded } from './session-shell.ts'
import type { Shell } from './session-shell.ts'
import { stepLog } from './session-steps.ts'
import type { ScriptOutcome } from './types.ts'

export interface ScriptRun {
  readonly shell: Shell
  readonly steps: readonly ScriptStep[]
  readonly script: Buffer
  readonly sink: FrameSink | undefined
  readonly signal: AbortSignal | undefined
  /** aborted with the reason when the connection is gone */
  readonly lost: AbortSignal
  /** aborted when the host reports that the script's shell is gone */
  readonly dead: AbortSignal | undefined
  /** Ends what the script runs, or what an ended step left. Resolves with what is still there. */
  end(step: StepOfGroup): Promise<Ending>
}

interface Begun {
  readonly id: number
  readonly at: number | undefined
}

/** How long a channel may stay open after the script has finished. A background child of a step can hold it for days. */
const LINGER = 300
/** How long to wait for more output once the shell is known to be gone. */
const SILENCE = 2000

/** Sends a script to its shell and follows it to its end. Never rejects. */
export const runScript = ({ shell, steps, script, sink, signal, lost, dead, end }: ScriptRun): Promise<ScriptOutcome> => {
  const log = stepLog(steps)
  const result = Promise.withResolvers<ScriptOutcome>()
  const timeouts = new Map(steps.map(({ id, command }) => [id, command.spec.timeout]))
  let timer: NodeJS.Timeout | undefined
  let silence: NodeJS.Timeout | undefined
  let stopping = false
  let finished = false

  const finish = (error?: Error): void => {
    if (finished) return
    finished = true
    clearTimeout(timer)
    clearTimeout(silence)
    signal?.removeEventListener('abort', cancel)
    lost.removeEventListener('abort', lose)
    dead?.removeEventListener('abort', waitForSilence)
    const late = setTimeout(() => shell.close(), LINGER)
    void shell.closed.then(() => clearTimeout(late))
    shell.attach({ frame: () => {}, output: () => {} })
    result.resolve(log.outcome(error))
  }

  // ends the group, waits for its last output, and only then records the outcome of the running step
  const stop = async (status: 'failed' | 'cancelled', reason: string, or: 'first' | 'none'): Promise<void> => {
    if (stopping || finished) return
    stopping = true
    const { gone, left } = await end({ id: running?.id, began: running?.at })
    await Promise.race([shell.closed, pause(LINGER)])
    if (finished) return
    log.interrupt(status, gone ? reason : `${reason}; ${stillThere(left)}`, or, left)
    finish()
  }

  // nothing that a failed step started may keep running during the next run
  const reap = async (): Promise<void> => {
    if (stopping || finished) return
    stopping = true
    for (const { id, at } of failures) {
      const { gone, left } = await end({ id, began: at, ended: true })
      if (!gone) log.leave(id, stillThere(left), left)
    }
    finish()
  }
  const failures: Begun[] = []
  let running: Begun | undefined
  const note = (frame: Frame): void => {
    if (frame.type === 'begin') running = { id: frame.id, at: frame.at || undefined }
    if (frame.type !== 'end' && frame.type !== 'skip') return
    const { id } = frame
    const daemon = steps.some((step) => step.id === id && step.command.spec.daemon)
    // if another step has begun by now, younger processes may belong to it
    if (log.failed(id) && !daemon) failures.push({ id, at: running?.id === id ? running.at : undefined })
    if (running?.id === id) running = undefined
  }

  const cancel = (): void => void stop('cancelled', 'cancelled', 'none')
  const lose = (): void => {
    const error = lost.reason as Error
    log.interrupt('failed', `connection lost: ${error.message}`)
    finish(error)
  }
  const died = (how: string): void => void stop('failed', `the shell that ran it ended: ${how}`, 'first')
  const waitForSilence = (): void => {
    silence = setTimeout(() => died('killed on the host'), SILENCE)
  }

  shell.attach({
    frame: (frame) => {
      log.frame(frame)
      note(frame)
      sink?.frame(frame)
      // steps run one after the other: when one begins, the clock of the previous one stops too
      if (frame.type === 'begin' || frame.type === 'end' || frame.type === 'skip') {
        if (frame.type === 'begin' || frame.id === timed) clearTimeout(timer)
        if (frame.type === 'begin') startClock(frame.id)
      }
      if (frame.type === 'done') void (failures.length > 0 ? reap() : finish())
    },
    output: (id, stream, chunk) => {
      silence?.refresh()
      sink?.output(id, stream, chunk)
    },
  })
  let timed: number | undefined
  const startClock = (id: number): void => {
    timed = id
    const limit = timeouts.get(id)
    // setTimeout fires at once for more than 2^31 ms, 24 days
    if (limit !== undefined) timer = setTimeout(() => void stop('failed', timeoutReason(limit), 'none'), Math.min(limit, 2 ** 31 - 1))
  }

  void shell.closed.then((end) => {
    if (end.lost && !lost.aborted) {
      log.interrupt('failed', `connection lost: ${end.lost.message}`)
      finish(end.lost)
    } else if (!lost.aborted) died(howItEnded(end))
  })
  signal?.addEventListener('abort', cancel, { once: true })
  lost.addEventListener('abort', lose, { once: true })
  dead?.addEventListener('abort', waitForSilence, { once: true })
  shell.write(script)
  shell.end()
  if (lost.aborted) lose()
  return result.promise
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
