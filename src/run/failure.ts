import type { Stage } from '../tasks/stage.ts'
import type { Host } from '../inventory/types.ts'
import { takesPart, usedName } from '../plan/context.ts'
import { buildPlan, type PlanInput } from '../plan/plan.ts'
import type { Plan } from '../plan/types.ts'
import { orderTasks } from '../tasks/order.ts'
import type { Registry, TaskEntry } from '../tasks/entry.ts'
import type { Failure, Progress } from '../tasks/types.ts'
import { EXIT } from '../values/errors.ts'
import { reportError } from './connect.ts'
import { type RunState } from './state.ts'
import { reachable } from './link.ts'
import { runWaves } from './waves.ts'

/** The failure that tasks of `deploy:failed` see. */
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

/** For code, which has no single host: how far a task got on any host. */
const furthest = (state: RunState, task: string): Progress | 'no' => {
  const all = [...state.progress.values()].map((tasks) => tasks.get(task))
  return (['done', 'failed', 'started'] as const).find((how) => all.includes(how)) ?? 'no'
}

/**
 * Runs `deploy:failed` with its hooks on all reachable hosts, and the tasks that this run names in `recover` and that are not hooked there.
 * If no host can have switched, removes the unfinished release. A failure here does not stop the rest. Reports hosts where it cannot run.
 */
export const runFailed = (state: RunState, registry: Registry, input: Input, recoveries: readonly string[]): Promise<void> => {
  const hooked = new Set(orderTasks(registry, ['deploy:failed']).flatMap((entry) => (entry.kind === 'task' ? [entry.task.name] : [])))
  const more = recoveries.filter((name) => !hooked.has(name))
  const touched = state.switched.size > 0 || state.unsure.size > 0
  return runAfterFailure(state, registry, input, ['deploy:failed', ...more, touched ? 'deploy:log_switched' : 'deploy:clean_failed'])
}

/** The same outside of a deploy: runs what the tasks that began, or were to begin, name in `recover`. */
export const runRecoveries = (state: RunState, registry: Registry, input: Input, names: readonly string[]): Promise<void> =>
  runAfterFailure(state, registry, input, names)

/** What {@link runRecoveries} runs for these tasks: nothing if no task of the run has begun. */
export const recoveriesOf = (state: RunState, stage: Stage, tasks: readonly TaskEntry[]): readonly string[] => {
  if (state.progress.size === 0) return []
  return [...new Set(tasks.flatMap(({ def, owner }) => (def.recover === undefined ? [] : usedName(stage, owner, def.recover))))]
}

type Input = Omit<PlanInput, 'entries' | 'failure' | 'onThrown'>

const runAfterFailure = async (state: RunState, registry: Registry, input: Input, names: readonly string[]): Promise<void> => {
  const failure = failureOn(
    state,
    input.hosts.filter((host) => host.release),
    input.local,
  )
  try {
    const onThrown = (error: unknown) => reportError(state, error, EXIT.failed, undefined, names[0])
    const leaveOut = (task: TaskEntry) => {
      try {
        return !takesPart(input, task, EXIT.failed)
      } catch (error) {
        onThrown(error)
        return true
      }
    }
    const entries = orderTasks(registry, names, leaveOut)
    const plan = buildPlan({ ...input, entries, failure, onThrown })
    const hosts = reachable(state, input.hosts)
    // a second interrupt ends the process; the first must not stop these tasks
    const signal = new AbortController().signal
    await runWaves(state, without(state, plan, hosts, input.local), {
      ...input,
      hosts,
      signal,
      failure: failure(input.local),
      recovery: true,
    })
  } catch (error) {
    reportError(state, error, EXIT.failed, undefined, names[0])
  }
}

/** The plan for the reachable hosts. Reports every other host with the tasks it misses. */
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
