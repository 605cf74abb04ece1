import type { Host } from '../inventory/types.ts'
import { typed } from '../shell/typed.ts'
import { shellOn } from '../tasks/login.ts'
import { nameOf } from '../transport/keeper-lock.ts'
import { HALTED, letGoOn } from '../plan/halted.ts'
import { irregularTroubles } from '../plan/irregular.ts'
import { insideTrouble } from '../plan/owner.ts'
import type { HostProcess, LockForeign, LockHeld, LockResult } from '../transport/types.ts'
import { utc } from '../values/duration.ts'
import { path } from '../values/path.ts'

/** Who holds the lock, and what to do about it: a command if one helps. */
export const explainLock = (held: LockHeld | LockForeign, host: Host, deployTo: string, now: Date): { reason: string; hint: string } => {
  if ('holder' in held) return foreign(held.holder, host, deployTo)
  // the file may contain anything
  const began = utc(held.since * 1000)
  const by = `${held.owner}: ${held.what}${began === undefined ? '' : `, since ${began} (${age(now, new Date(held.since * 1000))} ago)`}`
  if (held.halted) return { reason: `locked by ${by}; ${HALTED}`, hint: letGoOn(host, held.halted) }
  if (!held.left) return { reason: `locked by ${by}`, hint: 'wait until that run has ended; the lock goes with it, also when it is killed' }
  return {
    reason: `locked by ${by}; that run has ended, and some of what it started still runs: ${held.left.map(nameOf).join(', ')}`,
    hint:
      `wait until it has ended, or ${killing(held.left, host)}` +
      (held.keeper === undefined ? '' : `\nto run beside it anyway, release the lock: ${shellOn(host, `kill -9 ${held.keeper}`)}`),
  }
}

/** Why a lock could not be taken again, in a few words. */
export const whyNot = (result: Exclude<LockResult, { taken: true }>, host: Host, deployTo: string): string =>
  'irregular' in result
    ? irregularTroubles(result.irregular, host, deployTo)
        .map(({ message }) => message)
        .join('; ')
    : 'around' in result
      ? insideTrouble(result.around, deployTo).message
      : explainLock(result, host, deployTo, new Date()).reason

/** The warning about what a step left running and nobody could end. */
export const explainLeft = (left: readonly HostProcess[], host: Host): string =>
  `still running there, and nobody could end it: ${left.map(nameOf).join(', ')}; the lock stays until it is gone\n` + killing(left, host)

const foreign = (holder: HostProcess | undefined, host: Host, deployTo: string): { reason: string; hint: string } => {
  const file = `${deployTo}/.shipit/lock`
  if (holder)
    return {
      reason: `locked by a process that is not a run of shipit: ${nameOf(holder)} has ${file}`,
      hint: `wait until it has ended, or ${killing([holder], host)}`,
    }
  return {
    reason: `locked by a process of another account: it has ${file}, and cannot be seen from this account`,
    hint: `find it: ${shellOn(host, `sudo fuser -v ${typed(path(file))}`)}`,
  }
}

/** Only root can end a process of another account. */
const killing = (processes: readonly HostProcess[], host: Host): string => {
  const kill = `kill -9 ${processes.map(({ pid }) => pid).join(' ')}`
  const others = host.user !== 'root' && processes.some(({ user }) => user !== host.user)
  return others ? `end it as root on ${host.name}: ${kill}` : `end it: ${shellOn(host, kill)}`
}

const age = (now: Date, since: Date): string => {
  const seconds = Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000))
  if (seconds < 120) return `${seconds} seconds`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}
