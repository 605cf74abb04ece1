import type { Host } from '../inventory/types.ts'
import type { Downloads } from '../plan/check-downloads.ts'
import type { Command } from '../shell/types.ts'
import type { Session, StepOutcome } from '../transport/types.ts'
import type { RunState } from './state.ts'
import type { OutputTail } from './output-tail.ts'

export interface TaskSteps {
  readonly name: string
  readonly steps: readonly Command[]
  /** more of the task follows in another script */
  readonly more?: true
}
export interface ChunkRun {
  readonly state: RunState
  readonly host: Host
  readonly session: Session
  readonly wave: number
  readonly signal: AbortSignal
  readonly agent?: boolean
  /** keeps all that each step prints (for `run` and `capture`); a step that prints more than captured-output.ts allows fails */
  readonly keep?: boolean
  /** the tasks are checks: one that fails does not stop the next one, because all of them are reported */
  readonly checks?: boolean
  /** where code has put what it fetched at the same time; default: those of the run */
  readonly downloads?: Downloads
  /** the caller reports a failure */
  readonly quiet?: boolean
  /** the output is for the caller alone */
  readonly captured?: boolean
  /** what the steps print on stdout is in no event: it is the content of a file, which may hold what nobody has declared a secret */
  readonly unseen?: boolean
}
export interface ChunkResult {
  readonly ok: boolean
  readonly outcomes: readonly StepOutcome[]
  /** what ended transfers of files from this side, by step */
  readonly errors: ReadonlyMap<number, Error>
  /** what each step printed, in order */
  readonly printed: readonly Printed[]
}
export interface Printed {
  /** All of it, for code to read; empty without `keep`. */
  readonly stdout: string
  readonly stderr: string
  /** stdout, which need not be text */
  readonly bytes: () => Buffer
  /** its end, for hints and failures */
  readonly tail: OutputTail
}
