import type { Emit, FailureReport } from '../events/types.ts'
import { createRedactor } from '../redact/redact.ts'
import type { Downloads } from '../plan/check-downloads.ts'
import type { HostRead } from '../plan/types.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import type { Progress } from '../tasks/types.ts'
import type { Asker } from './asker.ts'
import type { HandOver, LockRequest, Session } from '../transport/types.ts'

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
  /** where tasks have put what they fetched */
  readonly downloads: Downloads
  /** tasks that code has invoked */
  readonly invoked: Set<TaskEntry>
  /** hosts that have switched, and read it back */
  readonly switched: Set<string>
  /** hosts that were sent the switch and have not reported its result */
  readonly unsure: Set<string>
  readonly failures: RecordedFailure[]
  /** warnings already shown for a host, in any of its steps */
  readonly warned: Set<string>
  /** called when a step starts to follow and when it ends: in between, an interrupt ends the step normally, not the run */
  readonly follow: ((on: boolean) => void) | undefined
  readonly asker: Asker | undefined
  /** hands the terminal over; undefined if there is none */
  readonly handOver: HandOver | undefined
  /** an interrupt has ended a followed step */
  followed: boolean
  interrupted: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined
  steps: number
  waves: number
}

const redactor = createRedactor()

export interface RecordedFailure extends FailureReport {
  /** the exit code that this failure alone would give */
  readonly exit: number
}

/** what the command of `shipit STAGE exec` is called in events */
export const EXEC_TASK = 'exec'

export const SWITCH_TASK = 'deploy:symlink:release'

export const createState = (
  run: string,
  emit: Emit,
  o: Pick<RunInterrupt, 'follow'> & { handOver?: HandOver | undefined; asker?: Asker | undefined } = {},
): RunState => ({
  run,
  emit,
  links: new Map(),
  locks: new Map(),
  reads: new Map(),
  progress: new Map(),
  invoked: new Set(),
  switched: new Set(),
  unsure: new Set(),
  downloads: new Map(),
  failures: [],
  warned: new Set(),
  follow: o.follow,
  asker: o.asker,
  handOver: o.handOver,
  followed: false,
  interrupted: undefined,
  steps: 0,
  waves: 0,
})

/**
 * The state of tasks that code has invoked: what goes wrong is for the code, which may handle it, and how far tasks got counts for the run
 * only when they have ended (`merge`).
 */
export const nestedState = (state: RunState): RunState & { merge(): void } => ({
  ...state,
  emit: (event) => {
    if (event.type !== 'failure' && event.type !== 'facts') state.emit(event)
  },
  progress: new Map(),
  downloads: new Map(),
  failures: [],
  get followed() {
    return state.followed
  },
  set followed(on) {
    state.followed = on
  },
  get interrupted() {
    return state.interrupted
  },
  set interrupted(name) {
    state.interrupted = name
  },
  get steps() {
    return state.steps
  },
  set steps(count) {
    state.steps = count
  },
  get waves() {
    return state.waves
  },
  set waves(count) {
    state.waves = count
  },
  merge() {
    for (const [host, tasks] of this.progress) {
      const known = state.progress.get(host) ?? new Map<string, Progress>()
      for (const [task, how] of tasks) known.set(task, how)
      state.progress.set(host, known)
    }
  },
})

/** Masks it first: code that runs after the failure is given its words, and may cut them. */
export const recordFailure = (state: RunState, given: RecordedFailure): void => {
  const failure = redactor.deep(given)
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
