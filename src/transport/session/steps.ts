import { performance } from 'node:perf_hooks'
import { attemptsNote } from '../../shell/attempts.ts'
import { tolerates } from '../../shell/compile.ts'
import type { Frame, ScriptStep } from '../../shell/types.ts'
import { exitReason } from './reasons.ts'
import type { HostProcess, ScriptOutcome, StepOutcome } from '../types.ts'

/** The outcomes of the steps of one script so far. */
export interface StepLog {
  frame(frame: Frame): void
  /** How a step ended, before its last output has arrived: an interruption keeps that outcome. */
  ending(frame: Frame): void
  /**
   * Ends the running step this way. If none runs, `or: 'first'` affects the first step that has not ended. A step that has already ended
   * keeps its own outcome.
   */
  interrupt(status: 'failed' | 'cancelled', reason: string, or?: 'first' | 'none', left?: readonly HostProcess[]): void
  failed(id: number): boolean
  /** Adds the processes that a failed step left and that could not be ended. */
  leave(id: number, reason: string, left: readonly HostProcess[]): void
  outcome(lost: Error | undefined): ScriptOutcome
}

interface Entry {
  readonly step: ScriptStep
  began: number | undefined
  ending: Ended | undefined
  done: (Ended & { ms: number }) | undefined
}

type Ended = Omit<StepOutcome, 'id' | 'ms'>

export const stepLog = (steps: readonly ScriptStep[]): StepLog => {
  const entries = new Map<number, Entry>(steps.map((step) => [step.id, { step, began: undefined, ending: undefined, done: undefined }]))

  const close = (entry: Entry | undefined, how: Ended): void => {
    if (!entry) return
    entry.done ??= { ...how, ms: entry.began === undefined ? 0 : performance.now() - entry.began }
  }

  const frame = (f: Frame): void => {
    if (f.type === 'hello' || f.type === 'done') return
    const entry = entries.get(f.id)
    if (f.type === 'begin' && entry) entry.began ??= performance.now()
    if (entry && (f.type === 'end' || f.type === 'skip')) close(entry, verdict(entry.step, f))
  }

  const ending = (f: Frame): void => {
    const entry = 'id' in f ? entries.get(f.id) : undefined
    if (entry && (f.type === 'end' || f.type === 'skip')) entry.ending = verdict(entry.step, f)
  }

  const interrupt: StepLog['interrupt'] = (status, reason, or = 'none', left = []) => {
    for (const entry of entries.values()) if (entry.ending) close(entry, entry.ending)
    const open = [...entries.values()].filter((entry) => !entry.done)
    const running = open.filter((entry) => entry.began !== undefined)
    const affected = running.length > 0 || or === 'none' ? running : open.slice(0, 1)
    for (const entry of affected) close(entry, { status, code: undefined, reason, ...(left.length > 0 ? { left } : {}) })
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

  return { frame, ending, failed: (id) => entries.get(id)?.done?.status === 'failed', interrupt, leave, outcome }
}

const verdict = ({ command }: ScriptStep, { type, code, guard }: Frame & { type: 'end' | 'skip' }): Ended => {
  if (type === 'skip') return { status: 'skipped', code, reason: undefined }
  if (code === 0 && guard === undefined) return { status: 'ok', code, reason: undefined }
  const reason = guard === undefined ? `${exitReason(code)}${attemptsNote(command)}` : `its guard could not be run: ${exitReason(code)}`
  return { status: tolerates(command, code, guard) ? 'tolerated' : 'failed', code, reason }
}
