import { cleanText } from '../redact/clean.ts'
import { masked } from '../redact/mask.ts'
import type { Stage } from '../tasks/stage.ts'
import type { Host } from '../inventory/types.ts'
import { isEnabled, nameInRun } from '../plan/context.ts'
import { buildPlan } from '../plan/plan.ts'
import type { Plan } from '../plan/types.ts'
import { orderTasks, tasksOf, type FinallyHook } from '../tasks/order.ts'
import { originalOf, type TaskEntry, type TaskRef } from '../tasks/entry.ts'
import type { Failure, Progress } from '../tasks/types.ts'
import { EXIT } from '../values/errors.ts'
import { errorLine } from '../values/error-line.ts'
import { reportError } from './connect.ts'
import type { RecordedFailure, RunState } from './state.ts'
import { reachable } from './link.ts'
import type { RunBase } from './waves-input.ts'
import { runWaves } from './waves.ts'

/** The failure that tasks of `deploy:failed` see. */
const failureOn = (state: RunState, releaseHosts: readonly Host[], local: Host) => {
  const first = state.failures[0]
  // hooks pass it on: to a chat, by mail
  const message = masked(first ? reasonWithLine(first) : state.interrupted ? `interrupted by ${state.interrupted}` : 'interrupted')
  const published = releaseHosts.every((host) => state.switched.has(host.name))
  return (host: Host): Failure => ({
    task: first?.task,
    host: first?.host,
    message,
    published,
    ran: (task) => (host === local ? furthestProgress(state, task) : (progressOf(state.progress.get(host.name), task) ?? 'no')),
  })
}

/** The reason of a failure; an exit code alone is followed by the most informative line of the output. */
const reasonWithLine = ({ reason, output }: RecordedFailure): string => {
  const line = /^exit \d+(?:, tried .*)?$/.test(reason) ? errorLine(output) : undefined
  return line === undefined ? reason : `${reason}: ${cleanText(line).trim()}`
}

/** A recipe asks about its own task: about the original, if that has run in another one that `override` has put in its place. */
const progressOf = (tasks: ReadonlyMap<string, Progress> | undefined, task: string): Progress | undefined =>
  tasks?.get(originalOf(task)) ?? tasks?.get(task)

/** For code, which has no single host: how far a task got on any host. */
const furthestProgress = (state: RunState, task: string): Progress | 'no' => {
  const progress = [...state.progress.values()].map((tasks) => progressOf(tasks, task))
  return (['done', 'failed', 'started'] as const).find((how) => progress.includes(how)) ?? 'no'
}

/**
 * Runs `deploy:failed` with its hooks on all reachable hosts, and the tasks that this run names in `recover` and that are not hooked there.
 * If no host can have switched, removes the unfinished release. A failure here does not stop the rest. Reports hosts where it cannot run.
 */
export const runFailed = (state: RunState, input: RunBase, recoveries: readonly string[]): Promise<void> => {
  const { registry } = input
  const hooked = new Set(tasksOf(orderTasks(registry, ['deploy:failed'])).map(({ name }) => name))
  const notHooked = recoveries.filter((name) => !hooked.has(name))
  const touched = state.switched.size > 0 || state.unsure.size > 0
  return runAfterFailure(state, input, ['deploy:failed', ...notHooked, touched ? 'deploy:log_switched' : 'deploy:clean_failed'])
}

/** The same outside of a deploy: runs what the tasks that began, or were to begin, name in `recover`. */
export const runRecoveries = (state: RunState, input: RunBase, names: readonly string[]): Promise<void> =>
  runAfterFailure(state, input, names)

/** Runs the finally hooks that were still to come when the run failed or was interrupted, in their order. */
export const runFinally = (state: RunState, input: RunBase, hooks: readonly FinallyHook[]): Promise<void> =>
  runAfterFailure(
    state,
    input,
    hooks.map(({ task }) => task),
  )

/** The finally hooks of what had begun, except those that had begun themselves, which run to their end. `begun`: the waves that had begun. */
export const pendingHooks = (state: RunState, { finals = [] }: Plan, begun: number): readonly FinallyHook[] => {
  const tasks = new Set([...state.progress.values()].flatMap((all) => [...all.keys()]))
  const pending = finals.flatMap(({ hook, at }) =>
    begun > 0 && at >= begun && [...hook.follows].some((name) => tasks.has(name)) ? [hook] : [],
  )
  // one that is in another runs with it
  return pending.filter(({ within }) => within === undefined || !pending.includes(within))
}

/** What {@link runRecoveries} runs for these tasks: nothing if no task of the run has begun. */
export const recoveriesOf = (state: RunState, stage: Stage, tasks: readonly TaskEntry[]): readonly string[] => {
  if (state.progress.size === 0) return []
  return [
    ...new Set(
      [...tasks, ...state.invoked].flatMap(({ def, owner }) => (def.recover === undefined ? [] : nameInRun(stage, owner, def.recover))),
    ),
  ]
}

const runAfterFailure = async (state: RunState, input: RunBase, refs: readonly TaskRef[]): Promise<void> => {
  const failure = failureOn(
    state,
    input.hosts.filter((host) => host.release),
    input.local,
  )
  const [first] = refs
  const name = typeof first === 'string' ? first : first?.name
  try {
    const onThrown = (error: unknown) => reportError(state, error, EXIT.failed, undefined, name)
    const leaveOut = (task: TaskEntry) => {
      try {
        return !isEnabled(input, task, EXIT.failed)
      } catch (error) {
        onThrown(error)
        return true
      }
    }
    const entries = orderTasks(input.registry, refs, leaveOut)
    const plan = buildPlan({ ...input, entries, failure, onThrown })
    const hosts = reachable(state, input.hosts)
    // a second interrupt ends the process; the first must not stop these tasks
    const signal = new AbortController().signal
    await runWaves(state, onReachable(state, plan, hosts, input.local), {
      ...input,
      hosts,
      signal,
      failure: failure(input.local),
      failureOn: failure,
      recovery: true,
    })
  } catch (error) {
    reportError(state, error, EXIT.failed, undefined, name)
  }
}

/** The plan for the reachable hosts. Reports every other host with the tasks it misses. */
const onReachable = (state: RunState, plan: Plan, hosts: readonly Host[], local: Host): Plan => {
  const missed = new Map<Host, string[]>()
  const isReachable = (host: Host) => host === local || hosts.includes(host)
  const waves = plan.waves.map((wave) => {
    if (wave.kind === 'run') return wave
    for (const { host, chunks } of wave.lanes) {
      if (!isReachable(host))
        missed.set(host, [...(missed.get(host) ?? []), ...chunks.flatMap((chunk) => chunk.tasks.map((task) => task.name))])
    }
    return { ...wave, hosts: wave.hosts.filter(isReachable), lanes: wave.lanes.filter((lane) => isReachable(lane.host)) }
  })
  for (const [host, tasks] of missed) {
    state.emit({
      type: 'log',
      level: 'warn',
      host: host.name,
      message: `the host could not be reached again: ${[...new Set(tasks)].join(', ')} did not run there`,
    })
  }
  return { ...plan, waves: waves.filter((wave) => wave.kind === 'run' || wave.lanes.length > 0) }
}
