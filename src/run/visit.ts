import { sessionsOf } from './link.ts'
import type { Outcome } from './outcome.ts'
import type { HostsRequest } from './request.ts'
import { createState, type RunState } from './state.ts'
import { reportUnhandledErrors } from './unhandled-errors.ts'

export interface Visit<T> {
  /** the name of the command, for the events */
  readonly name: string
  /** logs in, and does what the command is for; the sessions end after it */
  readonly work: (state: RunState) => Promise<T>
  /** what to report of it, when the sessions have ended */
  readonly decide: (state: RunState, result: T) => Outcome
}

/** A command on the hosts that runs no tasks, from its first event to its last. Returns the exit code, and what `work` returned. */
export const visit = async <T>(
  request: HostsRequest,
  { name, work, decide }: Visit<T>,
): Promise<{ readonly exit: number; readonly result: T }> => {
  const { stage, hosts, emit, interrupt } = request
  const state = createState(request.run, emit, { follow: interrupt.follow })
  const since = Date.now()
  emit({
    type: 'run:start',
    run: request.run,
    stage: stage.name,
    application: stage.application,
    tasks: [name],
    hosts: hosts.map((host) => ({ host: host.name, address: host.address })),
    user: request.user,
    version: request.version,
  })
  const stopListening = reportUnhandledErrors(state, request.unhandledErrors, request.interrupt.signal)
  let result: T
  try {
    result = await work(state)
  } finally {
    await Promise.all(sessionsOf(state).map((session) => session.leave().catch(() => {})))
    stopListening()
  }
  state.interrupted = interrupt.name()
  const { exit, headline, live, next, warnings } = decide(state, result)
  emit({ type: 'run:end', exit, ms: Date.now() - since, headline, live, next, ...(warnings && { warnings }) })
  return { exit, result }
}
