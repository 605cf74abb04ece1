import type { Host } from '../inventory/types.ts'
import { quote } from '../shell/quote.ts'
import { nameOf } from '../transport/keeper-lock.ts'
import type { HostProcess, LockForeign, LockHeld } from '../transport/types.ts'
import { sshCommand } from './onhost.ts'

/** Who has the lock, and what to do about it: a command wherever one helps. */
export const toldOf = (held: LockHeld | LockForeign, host: Host, deployTo: string, now: Date): { reason: string; hint: string } => {
  if ('holder' in held) return foreign(held.holder, host, deployTo)
  const since = new Date(held.since * 1000)
  const by = `${held.owner}: ${held.what}, since ${since.toISOString().replace('T', ' ').slice(0, 19)} UTC (${age(now, since)} ago)`
  if (!held.left) return { reason: `locked by ${by}`, hint: 'wait until that run has ended; the lock goes with it, also when it is killed' }
  const end = killing(held.left, host)
  return {
    reason: `locked by ${by}; that run has ended, and of what it started this still runs: ${held.left.map(nameOf).join(', ')}`,
    hint:
      `wait until it has ended, or end it: ${end}` +
      (held.keeper === undefined ? '' : `\nto deploy beside it all the same: ${sshCommand(host, `kill -9 ${held.keeper}`)}`),
  }
}

const foreign = (holder: HostProcess | undefined, host: Host, deployTo: string): { reason: string; hint: string } => {
  const file = `${deployTo}/.shipit/lock`
  if (holder)
    return {
      reason: `locked by a process that is no run of shipit: ${nameOf(holder)} has ${file}`,
      hint: `wait until it has ended, or end it: ${killing([holder], host)}`,
    }
  return {
    reason: `locked by a process of another account: it has ${file}, and cannot be seen from this account`,
    hint: `find it: ${sshCommand(host, `sudo fuser -v ${homely(file)}`)}`,
  }
}

/** Their account's own kill, or root's. */
const killing = (processes: readonly HostProcess[], host: Host): string => {
  const others = host.user !== 'root' && processes.some(({ user }) => user !== host.user)
  return sshCommand(host, `${others ? 'sudo ' : ''}kill -9 ${processes.map(({ pid }) => pid).join(' ')}`)
}

/** Quoted, with a `~/` that the host's shell expands. */
const homely = (file: string): string => (file.startsWith('~/') ? `~/${quote(file.slice(2)).toString()}` : quote(file).toString())

const age = (now: Date, since: Date): string => {
  const seconds = Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000))
  if (seconds < 120) return `${seconds} seconds`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}
