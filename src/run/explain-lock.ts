import type { Host } from '../inventory/types.ts'
import { typed } from '../shell/typed.ts'
import { shellOn } from '../shell/ssh-command.ts'
import { nameOf } from '../transport/keeper/lock.ts'
import { KEEPER_STOPPED, resumeKeeper } from '../plan/stopped-keeper.ts'
import { irregularTroubles } from '../plan/irregular-files.ts'
import { insideTrouble } from '../plan/deploy-path-owner.ts'
import type { HostProcess, LockForeign, LockHeld, LockResult } from '../transport/types.ts'
import { age, utc } from '../values/duration.ts'
import { explainHold } from '../values/hold.ts'
import { path } from '../values/path.ts'

/** The holder of the lock, and what to do about it: a command if one helps. */
export const explainLock = (held: LockHeld | LockForeign, host: Host, deployTo: string, now: Date): { reason: string; hint: string } => {
  if ('holder' in held) return foreignHolder(held.holder, host, deployTo)
  // the file may contain anything
  const began = utc(held.since * 1000)
  const by = `${held.owner}: ${held.what}${began === undefined ? '' : `, since ${began} (${age(now, new Date(held.since * 1000))} ago)`}`
  if (held.halted) return { reason: `locked by ${by}; ${KEEPER_STOPPED}`, hint: resumeKeeper(host, held.halted) }
  if (!held.left)
    return {
      reason: `locked by ${by}`,
      hint: 'wait until that run has ended, or let shipit wait: --wait-for-lock 10m; its lock ends with it, even if it is killed',
    }
  return {
    reason: `locked by ${by}; that run has ended, but some of what it started still runs: ${held.left.map(nameOf).join(', ')}`,
    hint:
      `wait until it has ended, or ${killHint(held.left, host)}` +
      (held.keeper === undefined ? '' : `\nto run anyway, release the lock: ${shellOn(host, `kill -9 ${held.keeper}`)}`),
  }
}

/** Why a lock could not be taken again, in a few words. */
export const whyNotLocked = (result: Exclude<LockResult, { taken: true }>, host: Host, deployTo: string): string =>
  'irregular' in result
    ? irregularTroubles(result.irregular, host, deployTo)
        .map(({ message }) => message)
        .join('; ')
    : 'enclosing' in result
      ? insideTrouble(result.enclosing, deployTo).message
      : 'hold' in result
        ? explainHold(result.hold, new Date())
        : explainLock(result, host, deployTo, new Date()).reason

/** The warning about processes that a step left running and that could not be ended. */
export const explainSurvivors = (left: readonly HostProcess[], host: Host): string =>
  `still running there, because it could not be ended: ${left.map(nameOf).join(', ')}; the lock stays until it has ended\n` +
  killHint(left, host)

const foreignHolder = (holder: HostProcess | undefined, host: Host, deployTo: string): { reason: string; hint: string } => {
  const file = `${deployTo}/.shipit/lock`
  if (holder)
    return {
      reason: `locked by a process that is not a run of shipit: ${nameOf(holder)} has ${file}`,
      hint: `wait until it has ended, or ${killHint([holder], host)}`,
    }
  return {
    reason: `locked by a process of another account: it has ${file}, and cannot be seen from this account`,
    hint: `find it: ${shellOn(host, `sudo fuser -v ${typed(path(file))}`)}`,
  }
}

/** Only root can end a process of another account. */
const killHint = (processes: readonly HostProcess[], host: Host): string => {
  const kill = `kill -9 ${processes.map(({ pid }) => pid).join(' ')}`
  const others = host.user !== 'root' && processes.some(({ user }) => user !== host.user)
  return others ? `end it as root on ${host.name}: ${kill}` : `end it: ${shellOn(host, kill)}`
}
