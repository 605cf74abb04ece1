import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../inventory/types.ts'
import { sameServerTrouble } from '../plan/host-checks.ts'
import { irregularTroubles } from '../plan/irregular-files.ts'
import { insideTrouble } from '../plan/deploy-path-owner.ts'
import type { Trouble } from '../tasks/finding.ts'
import type { LockRequest, LockResult, Session } from '../transport/types.ts'
import { humanTime } from '../values/duration.ts'
import { EXIT } from '../values/errors.ts'
import { explainHold } from '../values/hold.ts'
import { reportError } from './connect.ts'
import { lostOf, sessionOf, reportLost } from './link.ts'
import type { RunRequest } from './request.ts'
import { explainLock } from './explain-lock.ts'
import { recordFailure, type RunState } from './state.ts'

/** What is to be known of a run that takes the lock. */
export type LockingRun = Pick<RunRequest, 'stage' | 'tasks' | 'run' | 'owner' | 'now' | 'interrupt' | 'waitForLock'>

/**
 * Takes the lock on every release host (if `request` is given), and reads every host. The read is sent along with the lock request and
 * waits on the host until the lock is held: it sees no unfinished work of other runs, and costs no round trip of its own.
 * The first release host is the arbiter: the others are tried only with its lock, so if two runs start together, one gets all locks.
 * Returns false if a lock is taken or something failed, after reporting all of it.
 */
export const lockAll = async (
  state: RunState,
  hosts: readonly Host[],
  request: LockingRun | undefined,
  read: (host: Host, o: { signal: AbortSignal; waitForLock: boolean }) => Promise<void>,
): Promise<boolean> => {
  const locks = (host: Host) => request !== undefined && host.release
  const attempt = async (host: Host, stop: AbortController, work: Promise<boolean>): Promise<boolean> => {
    try {
      return await work
    } catch (error) {
      if (!request?.interrupt.signal.aborted && !stop.signal.aborted) {
        if (lostOf(state, host.name)) reportLost(state, host.name)
        else reportError(state, error, EXIT.failed, host.name)
      }
      stop.abort()
      return false
    }
  }
  const lockAndRead = (host: Host): { locked: Promise<boolean>; read: Promise<boolean> } => {
    const stop = new AbortController()
    const locked = attempt(host, stop, locks(host) ? lock(state, host, request!) : Promise.resolve(true))
    void locked.then((got) => got || stop.abort())
    // its read would give up long before the lock is free
    const waits = (request?.waitForLock ?? 0) > 0
    const reading = async (): Promise<boolean> => {
      if (waits && !(await locked)) return false
      await read(host, { signal: stop.signal, waitForLock: locks(host) })
      return true
    }
    return { locked, read: attempt(host, stop, reading()) }
  }
  const arbiter = hosts.find(locks)
  const first = arbiter && lockAndRead(arbiter)
  const results = await Promise.all(
    hosts.map(async (host) => {
      const { locked, read: done } =
        host === arbiter ? first! : (await (first?.locked ?? true)) ? lockAndRead(host) : { locked: false, read: false }
      return [await locked, await done].every(Boolean)
    }),
  )
  return results.every(Boolean)
}

const lock = async (state: RunState, host: Host, request: LockingRun): Promise<boolean> => {
  const { stage, tasks, run, owner, now } = request
  const session = sessionOf(state, host.name)!
  const what = `${stage.name} ${tasks.join(' ')}`
  const lockRequest = { deployTo: stage.deployTo, run, owner, what, since: Math.floor(now.getTime() / 1000) }
  const result = await takeOrWait(state, host, session, lockRequest, request)
  if (result.taken) {
    state.locks.set(host.name, lockRequest)
    state.emit({ type: 'lock:taken', host: host.name })
    return true
  }
  // it was waiting, and the interrupt says why it ended
  if (request.interrupt.signal.aborted) return false
  for (const { message, remedy, exit } of troublesOf(result, host, request))
    recordFailure(state, { host: host.name, reason: message, output: [], hint: remedy, exit })
  return false
}

type NotTaken = Exclude<LockResult, { taken: true }>

const troublesOf = (
  result: NotTaken,
  host: Host,
  { stage, run, now, waitForLock }: LockingRun,
): readonly (Trouble & { readonly exit: number })[] => {
  if ('irregular' in result)
    return irregularTroubles(result.irregular, host, stage.deployTo).map((trouble) => ({ ...trouble, exit: EXIT.failed }))
  if ('enclosing' in result) return [{ ...insideTrouble(result.enclosing, stage.deployTo), exit: EXIT.failed }]
  if ('hold' in result)
    return [{ message: explainHold(result.hold, now), remedy: `when that is over: ${stage.shipit('unlock')}`, exit: EXIT.locked }]
  if (result.run === run) return [{ ...sameServerTrouble(stage.deployTo), exit: EXIT.usage }]
  const { reason, hint } = explainLock(result, host, stage.deployTo, waitForLock === undefined ? now : new Date())
  return [{ message: reason, remedy: hint, exit: EXIT.locked }]
}

/** How often a run looks again whether the lock that it waits for is free. */
const AGAIN_MS = 2000

/** Takes the lock. If another run has it, waits for that as long as was asked for, and says so once for each holder. */
const takeOrWait = async (
  state: RunState,
  host: Host,
  session: Session,
  lockRequest: LockRequest,
  { run, stage, waitForLock = 0, interrupt }: LockingRun,
): Promise<LockResult> => {
  const lost = session.lost.then((reason): never => {
    throw reason
  })
  const end = Date.now() + waitForLock
  let named: string | undefined
  for (;;) {
    const result = await Promise.race([session.lock(lockRequest), lost])
    const passes = !result.taken && ('owner' in result || 'holder' in result) && result.run !== run
    const left = end - Date.now()
    if (!passes || left <= 0 || interrupt.signal.aborted) return result
    const { reason } = explainLock(result, host, stage.deployTo, new Date())
    const holder = 'owner' in result ? result.run : reason
    if (holder !== named)
      state.emit({ type: 'log', level: 'info', host: host.name, message: `waiting for the lock, up to ${humanTime(left)} more: ${reason}` })
    named = holder
    await Promise.race([pause(Math.min(AGAIN_MS, left), interrupt.signal), lost])
  }
}

/** Resolves after this time, or when the signal aborts. */
const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {})
