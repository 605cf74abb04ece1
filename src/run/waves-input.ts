import type { Host } from '../inventory/types.ts'
import type { ContextInput } from '../plan/context.ts'
import type { PlanInput } from '../plan/plan.ts'
import type { Registry, TaskEntry } from '../tasks/entry.ts'
import type { Failure } from '../tasks/types.ts'
import type { RunState } from './state.ts'

export interface Given {
  readonly args: Readonly<Record<string, unknown>> | undefined
  /** what follows `--` on a command line */
  readonly rest: readonly string[] | undefined
}
/** Runs the task `name` from the code of the task `from`, with these options and words. */
export type Invoke = (state: RunState, from: TaskEntry, name: string, given: Given, input: WavesInput) => Promise<void>

/** The input of a run of waves. */
export interface WavesInput extends ContextInput {
  readonly local: Host
  readonly signal: AbortSignal
  readonly failure: Failure | undefined
  /** the same for each host, if these follow a failure */
  readonly failureOn?: (host: Host) => Failure
  readonly registry: Registry
  readonly invoke: Invoke
  /** for tasks that code has invoked: the number of the wave that it is in, and the tasks around them, outermost first */
  readonly wave?: number
  readonly invoking?: readonly string[]
  /** these follow a failure: they run to the end, whatever fails */
  readonly recovery?: boolean
  /** called with the number of a wave of the plan, from 0, when it begins */
  readonly begins?: (wave: number) => void
}

/** What plans of a run, and what runs them, have in common. */
export type RunBase = Omit<PlanInput, 'entries' | 'failure' | 'onThrown'> & Pick<WavesInput, 'registry' | 'invoke'>
