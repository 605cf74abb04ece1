import type { Emit, FailureReport } from '../events/types.ts'
import type { HostRead } from '../plan/types.ts'
import type { Progress } from '../tasks/types.ts'
import type { LockRequest, Session } from '../transport/types.ts'

/** The signals that this process gets, as far as a run needs to know them. */
export interface RunInterrupt {
  readonly signal: AbortSignal
  readonly name: () => RunState['interrupted']
  readonly follow?: RunState['follow']
  /** Called when recovery from a failure begins. */
  readonly recovering: () => void
}

/**
 * The connection of a run to one host: up until its session ends, then lost, with the reason. A new login puts a new link in its place, so
 * late events of the old session change nothing.
 */
export interface Link {
  readonly session: Session
  readonly lost: Error | undefined
}

/** What a run knows so far. One object per run; the files in src/run read and write it. */
export interface RunState {
  /** unguessable; stored in the lock and in $SHIPIT_RUN */
  readonly run: string
  readonly emit: Emit
  /** by host name; only link.ts writes it */
  readonly links: Map<string, Link>
  /** the lock requests, by the hosts that granted them */
  readonly locks: Map<string, LockRequest>
  readonly reads: Map<string, HostRead>
  /** how far each task got on each host */
  readonly progress: Map<string, Map<string, Progress>>
  /** hosts that have switched, and read it back */
  readonly switched: Set<string>
  /** hosts that were told to switch and have not reported the result */
  readonly unsure: Set<string>
  readonly failures: RecordedFailure[]
  /** warnings already shown for a host, in any of its steps */
  readonly warned: Set<string>
  /** called when a step starts to follow and when it ends: in between, an interrupt ends the step normally, not the run */
  readonly follow: ((on: boolean) => void) | undefined
  /** an interrupt has ended a followed step */
  followed: boolean
  interrupted: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined
  steps: number
  waves: number
}

export interface RecordedFailure extends FailureReport {
  /** the exit code that this failure alone would give */
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
