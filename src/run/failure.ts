import type { Host } from '../inventory/types.ts'
import { runSilently } from './silent.ts'
import { sh } from '../shell/sh.ts'
import type { Path } from '../values/path.ts'
import { buildPlan, type PlanInput } from '../plan/plan.ts'
import { orderTasks } from '../tasks/order.ts'
import type { Registry } from '../tasks/registry.ts'
import type { Failure } from '../tasks/types.ts'
import type { Connect } from './connect.ts'
import { reportError } from './connect.ts'
import { reachable, type RunState } from './state.ts'
import { runWaves } from './waves.ts'

/** What the tasks that hang on `deploy:failed` are told. */
export const failureOn = (state: RunState, releaseHosts: readonly Host[]) => {
  const first = state.failures[0]
  const published = releaseHosts.every((host) => state.switched.has(host.name))
  return (host: Host): Failure => ({
    task: first?.task,
    host: first?.host,
    message: first ? first.reason : `interrupted by ${state.interrupted}`,
    published,
    ran: (task) => state.progress.get(host.name)?.get(task) ?? 'no',
  })
}

/** Runs `deploy:failed` with its hooks on the hosts that can be reached, and removes the unfinished release where nothing was published. */
export const runFailed = async (state: RunState, registry: Registry, input: Omit<PlanInput, 'entries' | 'failure'>): Promise<void> => {
  const releaseHosts = input.hosts.filter((host) => host.release)
  const failure = failureOn(state, releaseHosts)
  const hosts = reachable(state, input.hosts)
  const touched = state.switched.size > 0 || state.unsure.size > 0
  try {
    const entries = orderTasks(registry, touched ? ['deploy:failed'] : ['deploy:failed', 'deploy:clean_failed'])
    const plan = buildPlan({ ...input, hosts, entries, failure })
    // a second interrupt ends the process; a first one must not keep these from running
    await runWaves(state, plan, { ...input, hosts, signal: new AbortController().signal, failure: failure(input.local), recovery: true })
  } catch (error) {
    reportError(state, error, 1, undefined, 'deploy:failed')
  }
}

export type ReadBack = ReadonlyMap<string, { release: string | undefined; revision: string | undefined } | undefined>

/** Reads what `current` is on every release host, logging in again where the connection went away. Hosts that do not answer are undefined. */
export const readBack = async (state: RunState, input: Omit<PlanInput, 'entries' | 'failure'>, current: Path, connect: Connect): Promise<ReadBack> => {
  const hosts = input.hosts.filter((host) => host.release)
  const results = await Promise.all(
    hosts.map(async (host) => {
      try {
        if (state.lost.has(host.name)) {
          const session = await connect(host, AbortSignal.timeout(15_000), () => {})
          await state.sessions.get(host.name)?.close()
          state.sessions.set(host.name, session)
          state.lost.delete(host.name)
        }
        const [answer] = await runSilently(state, host, [sh`readlink ${current} || echo; cat ${current}/REVISION 2>/dev/null || :`])
        const [link = '', revision] = answer!.stdout.split('\n')
        return { release: /\/(\d{14})\/?$/.exec(link)?.[1], revision: revision || undefined }
      } catch {
        return undefined
      }
    }),
  )
  return new Map(hosts.map((host, i) => [host.name, results[i]]))
}
