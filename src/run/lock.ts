import type { Host } from '../inventory/types.ts'
import { EXIT } from '../values/errors.ts'
import { reportError } from './connect.ts'
import type { RunRequest } from './run.ts'
import { recordFailure, type RunState } from './state.ts'

/**
 * Takes the lock of every release host (when `request` is given), and reads each host as soon as its lock is held. The first
 * release host is the arbiter: only who has its lock tries the others', so that of two runs that start together one gets all.
 * False when a lock is taken or something failed; all of it is told.
 */
export const lockAll = async (
  state: RunState,
  hosts: readonly Host[],
  request: RunRequest | undefined,
  read: (host: Host) => Promise<void>,
): Promise<boolean> => {
  const attempt = async (host: Host, work: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await work()
    } catch (error) {
      if (!request?.interrupt.signal.aborted) reportError(state, error, EXIT.failed, host.name)
      return false
    }
  }
  const take = (host: Host) => attempt(host, async () => !request || !host.release || lock(state, host, request))
  const look = (host: Host) => attempt(host, async () => (await read(host), true))
  const arbiter = request && hosts.find((host) => host.release)
  const won = arbiter ? take(arbiter) : Promise.resolve(true)
  const results = await Promise.all(hosts.map(async (host) => (await won) && (host === arbiter || (await take(host))) && look(host)))
  return results.every(Boolean)
}

const lock = async (state: RunState, host: Host, { stage, tasks, run, owner, now }: RunRequest): Promise<boolean> => {
  const session = state.sessions.get(host.name)!
  const what = `${stage.name} ${tasks.join(' ')}`
  const result = await session.lock({ deployTo: stage.deployTo, run, owner, what, since: Math.floor(now.getTime() / 1000) })
  if (result.taken) {
    state.emit({ type: 'lock:taken', host: host.name })
    return true
  }
  const since = new Date(result.since * 1000)
  recordFailure(state, {
    host: host.name,
    reason: `locked by ${result.owner}: ${result.what}, since ${since.toISOString().replace('T', ' ').slice(0, 19)} UTC (${age(now, since)} ago)`,
    output: [],
    hint: 'wait until that run has ended; the lock goes with it, also when it is killed',
    exit: EXIT.locked,
  })
  return false
}

const age = (now: Date, since: Date): string => {
  const seconds = Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000))
  if (seconds < 120) return `${seconds} seconds`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}
