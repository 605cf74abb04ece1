import type { Stage } from '../tasks/stage.ts'
import type { Emit } from '../events/types.ts'
import type { Host } from '../inventory/types.ts'
import type { ContextInput } from '../plan/context.ts'
import type { Plan } from '../plan/types.ts'
import type { HandOver } from '../transport/types.ts'
import type { Asker } from './asker.ts'
import type { ChooseRelease } from './chosen-release.ts'
import type { Connect } from './connect.ts'
import type { SawReleases } from './seen-releases.ts'
import type { RunInterrupt } from './state.ts'
import type { UnhandledErrors } from './unhandled-errors.ts'

/** An option of tasks, or the words after `--`, as it may be typed again. */
export interface TypedOption {
  /** `--lines=20`; `--`, `a`, `b`: always the last one */
  readonly words: readonly string[]
  /** the tasks that it is for */
  readonly tasks: readonly string[]
}

export interface RunRequest {
  readonly stage: Stage
  /** after filters */
  readonly hosts: readonly Host[]
  readonly tasks: readonly string[]
  /** what was typed after the tasks, by task name */
  readonly args?: ContextInput['args']
  /** what was typed after `--`, by the name of the task that takes it */
  readonly rest?: ContextInput['rest']
  readonly typed?: readonly TypedOption[] | undefined
  /** `--branch`, which the stage already has */
  readonly branch?: string | undefined
  /** `--release`, for a rollback */
  readonly release: string | undefined
  /** Asks which release a rollback without `release` goes to; undefined: it goes to the newest good one before the live one. */
  readonly chooseRelease?: ChooseRelease | undefined
  readonly planOnly: boolean
  /** 32 hex digits, unguessable */
  readonly run: string
  readonly version: string
  /** the person who deploys: `user` in the log, `owner` in the lock */
  readonly user: string
  readonly owner: string
  readonly now: Date
  /** how many milliseconds to wait for the lock of another run */
  readonly waitForLock?: number | undefined
  readonly connect: Connect
  readonly emit: Emit
  /** gets the releases that were read, as they are at the end */
  readonly sawReleases?: SawReleases | undefined
  readonly onPlan?: (plan: Plan, title: string) => void
  readonly unhandledErrors?: UnhandledErrors
  readonly interrupt: RunInterrupt
  /** for the questions of code; undefined: nobody answers */
  readonly asker?: Asker | undefined
  /** for commands with `.tty()`; undefined: there is no terminal */
  readonly handOver?: HandOver | undefined
}

/** What was typed for a task, to be typed again. */
export const typedFor = (typed: readonly TypedOption[] = [], task: string): readonly string[] =>
  typed.flatMap(({ words, tasks }) => (tasks.includes(task) ? words : []))

/** For a command on the hosts that runs no tasks. */
export type HostsRequest = Pick<
  RunRequest,
  'stage' | 'hosts' | 'run' | 'version' | 'user' | 'now' | 'connect' | 'emit' | 'sawReleases' | 'interrupt' | 'unhandledErrors'
>
