import type { Emit, FailureReport } from '../events/types.ts'
import type { HostRead } from '../plan/types.ts'
import type { Progress } from '../tasks/types.ts'
import type { LockRequest, Session } from '../transport/types.ts'

/** The signals that this process gets, as far as a run has to know. */
export interface RunInterrupt {
  readonly signal: AbortSignal
  readonly name: () => RunState['interrupted']
  readonly follow?: RunState['follow']
  /** Called when what failed begins to be made good. */
  readonly recovering: () => void
}

/**
 * A run's way to one host: up until its session ends, then lost, with the reason. Logging in again puts a new link in its place, so that
 * a late event of the old session changes nothing.
 */
export interface Link {
  readonly session: Session
  readonly lost: Error | undefined
}

/** What a run knows while it goes on. One object, made by run.ts; the files of this room read and write it. */
export interface RunState {
  /** unguessable; what the lock and $SHIPIT_RUN hold */
  readonly run: string
  readonly emit: Emit
  /** by the host's name; written by link.ts alone */
  readonly links: Map<string, Link>
  /** with what the lock was asked for, by the hosts that gave it */
  readonly locks: Map<string, LockRequest>
  readonly reads: Map<string, HostRead>
  /** how far each task came on each host */
  readonly progress: Map<string, Map<string, Progress>>
  /** hosts whose switch was read back */
  readonly switched: Set<string>
  /** hosts that were told to switch, with no word of its end */
  readonly unsure: Set<string>
  readonly failures: RecordedFailure[]
  /** what was warned of on a host already, in any of its steps */
  readonly warned: Set<string>
  /** told when a step begins to follow and when it ends: until then an interrupt is its good end, and none of the run */
  readonly follow: ((on: boolean) => void) | undefined
  /** an interrupt has ended what followed */
  followed: boolean
  interrupted: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined
  steps: number
  waves: number
}

export interface RecordedFailure extends FailureReport {
  /** the exit code that it alone would give */
  readonly exit: number
}

export const SWITCH_TASK = 'deploy:symlink:release'

export const createState = (run: string, emit: Emit, follow?: RunState['follow']): RunState => ({
  run,
  emit,
  links: new Map(),
  locks: new Map(),
  reads: new Map(),
  progress: new Map(),
  switched: new Set(),
  unsure: new Set(),
  failures: [],
  warned: new Set(),
  follow,
  followed: false,
  interrupted: undefined,
  steps: 0,
  waves: 0,
})

export const recordFailure = (state: RunState, failure: RecordedFailure): void => {
  state.failures.push(failure)
  const { exit: _, ...report } = failure
  state.emit({ type: 'failure', failure: report })
}

export const markTask = (state: RunState, host: string, task: string, how: Progress): void => {
  const tasks = state.progress.get(host) ?? new Map<string, Progress>()
  state.progress.set(host, tasks.set(task, how))
  if (task !== SWITCH_TASK || how !== 'done') return
  state.unsure.delete(host)
  state.switched.add(host)
}
