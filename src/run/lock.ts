import type { Host } from '../inventory/types.ts'
import { samePlace } from '../plan/findings.ts'
import { irregularTroubles } from '../plan/irregular.ts'
import { insideTrouble } from '../plan/owner.ts'
import { EXIT } from '../values/errors.ts'
import { reportError } from './connect.ts'
import { lostOf, sessionOf, tellLost } from './link.ts'
import type { RunRequest } from './request.ts'
import { explainLock } from './locked.ts'
import { recordFailure, type RunState } from './state.ts'

/**
 * Takes the lock on every release host (if `request` is given), and reads every host. The read is sent along with the lock request and
 * waits on the host until the lock is held: it sees no unfinished work of other runs, and costs no round trip of its own.
 * The first release host is the arbiter: the others are tried only with its lock, so if two runs start together, one gets all locks.
 * Returns false if a lock is taken or something failed, after reporting all of it.
 */
export const lockAll = async (
  state: RunState,
  hosts: readonly Host[],
  request: RunRequest | undefined,
  read: (host: Host, o: { signal: AbortSignal; waitForLock: boolean }) => Promise<void>,
): Promise<boolean> => {
  const locks = (host: Host) => request !== undefined && host.release
  const attempt = async (host: Host, stop: AbortController, work: Promise<boolean>): Promise<boolean> => {
    try {
      return await work
    } catch (error) {
      if (!request?.interrupt.signal.aborted && !stop.signal.aborted) {
        if (lostOf(state, host.name)) tellLost(state, host.name)
        else reportError(state, error, EXIT.failed, host.name)
      }
      stop.abort()
      return false
    }
  }
  const both = (host: Host): { locked: Promise<boolean>; read: Promise<boolean> } => {
    const stop = new AbortController()
    const locked = attempt(host, stop, locks(host) ? lock(state, host, request!) : Promise.resolve(true))
    void locked.then((got) => got || stop.abort())
    return {
      locked,
      read: attempt(
        host,
        stop,
        read(host, { signal: stop.signal, waitForLock: locks(host) }).then(() => true),
      ),
    }
  }
  const arbiter = hosts.find(locks)
  const first = arbiter && both(arbiter)
  const results = await Promise.all(
    hosts.map(async (host) => {
      const { locked, read: done } =
        host === arbiter ? first! : (await (first?.locked ?? true)) ? both(host) : { locked: false, read: false }
      return [await locked, await done].every(Boolean)
    }),
  )
  return results.every(Boolean)
}

const lock = async (state: RunState, host: Host, { stage, tasks, run, owner, now }: RunRequest): Promise<boolean> => {
  const session = sessionOf(state, host.name)!
  const what = `${stage.name} ${tasks.join(' ')}`
  const lost = session.lost.then((reason): never => {
    throw reason
  })
  const asked = { deployTo: stage.deployTo, run, owner, what, since: Math.floor(now.getTime() / 1000) }
  const result = await Promise.race([session.lock(asked), lost])
  if (result.taken) {
    state.locks.set(host.name, asked)
    state.emit({ type: 'lock:taken', host: host.name })
    return true
  }
  if ('irregular' in result) {
    for (const { message, remedy } of irregularTroubles(result.irregular, host, stage.deployTo))
      recordFailure(state, { host: host.name, reason: message, output: [], hint: remedy, exit: EXIT.failed })
    return false
  }
  if ('around' in result) {
    const { message, remedy } = insideTrouble(result.around, stage.deployTo)
    recordFailure(state, { host: host.name, reason: message, output: [], hint: remedy, exit: EXIT.failed })
    return false
  }
  if (result.run === run) {
    const { message, remedy } = samePlace(stage.deployTo)
    recordFailure(state, { host: host.name, reason: message, output: [], hint: remedy, exit: EXIT.usage })
    return false
  }
  recordFailure(state, { host: host.name, output: [], exit: EXIT.locked, ...explainLock(result, host, stage.deployTo, now) })
  return false
}
