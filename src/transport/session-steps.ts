import { performance } from 'node:perf_hooks'
import { tolerates } from '../shell/compile.ts'
import type { Frame, ScriptStep } from '../shell/types.ts'
import { exitReason } from './session-reasons.ts'
import type { HostProcess, ScriptOutcome, StepOutcome } from './types.ts'

/** What the steps of one script have come to so far. */
export interface StepLog {
  frame(frame: Frame): void
  /**
   * Ends the running step this way. If none runs, `or: 'first'` blames the first step that has not ended. A step that has already ended
   * keeps its own outcome.
   */
  interrupt(status: 'failed' | 'cancelled', reason: string, or?: 'first' | 'none', left?: readonly HostProcess[]): void
  failed(id: number): boolean
  /** Adds what a failed step left and nobody could end. */
  leave(id: number, reason: string, left: readonly HostProcess[]): void
  outcome(lost: Error | undefined): ScriptOutcome
}

interface Entry {
  readonly step: ScriptStep
  began: number | undefined
  done: (Omit<StepOutcome, 'id' | 'ms'> & { ms: number }) | undefined
}

export const stepLog = (steps: readonly ScriptStep[]): StepLog => {
  const entries = new Map<number, Entry>(steps.map((step) => [step.id, { step, began: undefined, done: undefined }]))

  const close = (entry: Entry | undefined, how: Omit<StepOutcome, 'id' | 'ms'>): void => {
    if (!entry) return
    entry.done ??= { ...how, ms: entry.began === undefined ? 0 : performance.now() - entry.began }
  }

  const frame = (f: Frame): void => {
    if (f.type === 'hello' || f.type === 'done') return
    const entry = entries.get(f.id)
    if (f.type === 'begin' && entry) entry.began ??= performance.now()
    if (f.type === 'skip') close(entry, { status: 'skipped', code: f.code, reason: undefined })
    if (f.type === 'end' && entry) close(entry, verdict(entry.step, f))
  }

  const interrupt: StepLog['interrupt'] = (status, reason, or = 'none', left = []) => {
    const open = [...entries.values()].filter((entry) => !entry.done)
    const running = open.filter((entry) => entry.began !== undefined)
    const blamed = running.length > 0 || or === 'none' ? running : open.slice(0, 1)
    for (const entry of blamed) close(entry, { status, code: undefined, reason, ...(left.length > 0 ? { left } : {}) })
  }

  const leave: StepLog['leave'] = (id, reason, left) => {
    const entry = entries.get(id)
    if (entry?.done) entry.done = { ...entry.done, reason: `${entry.done.reason}; ${reason}`, ...(left.length > 0 ? { left } : {}) }
  }

  const outcome = (lost: Error | undefined): ScriptOutcome => {
    const done = steps.map(({ id }): StepOutcome => {
      const how = entries.get(id)?.done
      return { id, ...(how ?? { status: 'not-run', code: undefined, reason: undefined, ms: 0 }) }
    })
    return { steps: done, failed: done.find(({ status }) => status === 'failed' || status === 'cancelled'), lost }
  }

  return { frame, failed: (id) => entries.get(id)?.done?.status === 'failed', interrupt, leave, outcome }
}

const verdict = ({ command }: ScriptStep, { code, guard }: Frame & { type: 'end' }): Omit<StepOutcome, 'id' | 'ms'> => {
  if (code === 0 && guard === undefined) return { status: 'ok', code, reason: undefined }
  const reason = guard === undefined ? exitReason(code) : `its guard could not be asked: ${exitReason(code)}`
  return { status: tolerates(command, code, guard) ? 'tolerated' : 'failed', code, reason }
}
