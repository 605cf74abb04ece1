import type { Command } from '../shell/types.ts'
import type { StepInput, StepOutcome } from '../transport/types.ts'

/** The side of this machine, while a step transfers files. */
export interface Transfer {
  /** The step has begun: its program follows on its stdin. */
  begun(input: StepInput): void
  /** what the program prints on stdout */
  arrived(chunk: Buffer): void
  /** aborted when this side wants nothing more of what the host sends */
  readonly enough: AbortSignal
  /** what the step prints on stderr, which is shown anyway */
  printed?(chunk: Buffer): void
  /** The step has ended, with this code: nothing more is sent, and nothing more arrives. */
  ended(code: number | undefined): void
  /** Puts fetched files in place if the step has ended well. Resolves with what ended the transfer from this side, if something did. */
  settle(step: StepOutcome | undefined): Promise<TransferFailure | undefined>
}

export interface TransferFailure {
  readonly error: Error
  /** the exit code of a program of this machine */
  readonly code?: number | undefined
}

export interface TransferReport {
  /** Throws if what a step fetches may not be put where it is to go. */
  claim(command: Command): void
  /** what was done, in words */
  done(text: string): void
  /** what a program of this machine prints on stderr */
  stderr(chunk: Buffer): void
  /** a linked file is in place: what everybody should know */
  notice(text: string): void
  progress(done: number, total: number | undefined): void
}
