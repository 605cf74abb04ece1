import type { Stage } from '../tasks/stage.ts'
import type { Emit } from '../events/types.ts'
import type { Host } from '../inventory/types.ts'
import type { ContextInput } from '../plan/context.ts'
import type { Plan } from '../plan/types.ts'
import type { Connect } from './connect.ts'
import type { RunInterrupt } from './state.ts'
import type { Strays } from './strays.ts'

export interface RunRequest {
  readonly stage: Stage
  /** after filters */
  readonly hosts: readonly Host[]
  readonly tasks: readonly string[]
  /** what was typed after the tasks, by task name */
  readonly args?: ContextInput['args']
  /** `--branch`, which the stage already has */
  readonly branch?: string | undefined
  /** `--release`, for a rollback */
  readonly release: string | undefined
  readonly planOnly: boolean
  /** 32 hex digits, unguessable */
  readonly run: string
  readonly version: string
  /** who deploys: `user` for the log, `owner` for the lock */
  readonly user: string
  readonly owner: string
  readonly now: Date
  readonly connect: Connect
  readonly emit: Emit
  readonly onPlan?: (plan: Plan, title: string) => void
  readonly strays?: Strays
  readonly interrupt: RunInterrupt
}

export type DoctorRequest = Pick<
  RunRequest,
  'stage' | 'hosts' | 'run' | 'version' | 'user' | 'now' | 'connect' | 'emit' | 'interrupt' | 'strays'
>
