import type { Host } from '../inventory/types.ts'
import type { ContextInput } from '../plan/context.ts'
import type { Failure } from '../tasks/types.ts'

/** What waves run with. */
export interface WavesInput extends ContextInput {
  readonly local: Host
  readonly signal: AbortSignal
  readonly failure: Failure | undefined
  /** these follow a failure: they run to the end, whatever fails */
  readonly recovery?: boolean
}
