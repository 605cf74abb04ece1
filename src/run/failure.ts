import type { Host } from '../inventory/types.ts'
import { takesPart } from '../plan/context.ts'
import { buildPlan, type PlanInput } from '../plan/plan.ts'
import type { Plan } from '../plan/types.ts'
import { orderTasks } from '../tasks/order.ts'
import type { Registry, TaskEntry } from '../tasks/registry.ts'
import type { Failure } from '../tasks/types.ts'
import { EXIT } from '../values/errors.ts'
import { reportError } from './connect.ts'
import { reachable, type RunState } from './state.ts'
import { runWaves } from './waves.ts'

/** What the tasks that hang on `deploy:failed` are told. */
const failureOn = (state: RunState, releaseHosts: readonly Host[], local: Host) => {
  const first = state.failures[0]
  const published = releaseHosts.every((host) => state.switched.has(host.name))
  return (host: Host): Failure => ({
    task: first?.task,
    host: first?.host,
    message: first ? first.reason : `interrupted by ${state.interrupted}`,
    published,
    ran: (task) => (host === local ? furthest(state, task) : (state.progress.get(host.name)?.get(task) ?? 'no')),
  })
}

/** For code that is not of one host: how far a task came anywhere. */
const furthest = (state: RunState, task: string): 'no' | 'started' | 'done' => {
  const all = [...state.progress.values()].map((tasks) => tasks.get(task))
  return all.includes('done') ? 'done' : all.includes('started') ? 'started' : 'no'
}

/**
 * Runs `deploy:failed` with its hooks on the hosts that can be reached, and removes the unfinished release where nothing was published.
 * What fails of it does not keep the rest from running; where it cannot run is said.
 */
export const runFailed = async (
  state: RunState,
  registry: Registry,
  input: Omit<PlanInput, 'entries' | 'failure' | 'onThrown'>,
): Promise<void> => {
  const failure = failureOn(
    state,
    input.hosts.filter((host) => host.release),
    input.local,
  )
  const touched = state.switched.size > 0 || state.unsure.size > 0
  try {
    const onThrown = (error: unknown) => reportError(state, error, EXIT.failed, undefined, 'deploy:failed')
    const leaveOut = (task: TaskEntry) => {
      try {
        return !takesPart(input, task, EXIT.failed)
      } catch (error) {
        onThrown(error)
        return true
      }
    }
    const names = touched ? ['deploy:failed', 'deploy:log_switched'] : ['deploy:failed', 'deploy:clean_failed']
    const entries = orderTasks(registry, names, leaveOut)
    const plan = buildPlan({ ...input, entries, failure, onThrown })
    const hosts = reachable(state, input.hosts)
    // a second interrupt ends the process; a first one must not keep these from running
    const signal = new AbortController().signal
    await runWaves(state, without(state, plan, hosts, input.local), {
      ...input,
      hosts,
      signal,
      failure: failure(input.local),
      recovery: true,
    })
  } catch (error) {
    reportError(state, error, EXIT.failed, undefined, 'deploy:failed')
  }
}

/** The plan for the hosts that are there. Each that is not is named, with what it misses. */
const without = (state: RunState, plan: Plan, hosts: readonly Host[], local: Host): Plan => {
  const missed = new Map<Host, string[]>()
  const there = (host: Host) => host === local || hosts.includes(host)
  const waves = plan.waves.map((wave) => {
    if (wave.kind === 'run') return wave
    for (const { host, chunks } of wave.lanes) {
      if (!there(host)) missed.set(host, [...(missed.get(host) ?? []), ...chunks.flatMap((chunk) => chunk.tasks.map((task) => task.name))])
    }
    return { ...wave, hosts: wave.hosts.filter(there), lanes: wave.lanes.filter((lane) => there(lane.host)) }
  })
  for (const [host, tasks] of missed) {
    state.emit({
      type: 'log',
      level: 'warn',
      host: host.name,
      message: `the host could not be reached again: ${[...new Set(tasks)].join(', ')} did not run there`,
    })
  }
  return { waves: waves.filter((wave) => wave.kind === 'run' || wave.lanes.length > 0) }
}
