import type { Finding } from '../../../src/index.ts'
import { seconds } from '../../systemd/timespan.ts'
import type { Context } from '../manager.ts'

type Shown = ReadonlyMap<string, string>

/** Directives of a loaded unit that lose running jobs at every stop. */
export const losses = (name: string, of: Shown): readonly Finding[] => {
  const signal = SIGNALS[of.get('KillSignal') ?? ''] ?? of.get('KillSignal') ?? 'TERM'
  const stop = (of.get('ExecStop') ?? '').split('\n').find((line) => KILLS.test(line))
  const all: (Finding | false)[] = [
    !['TERM', 'SIGTERM', 'INT', 'SIGINT'].includes(signal) &&
      error(
        `${name}: KillSignal=${signal}, at which Sidekiq does not put its jobs back: those that run are lost`,
        'KillSignal=SIGTERM in the unit, or none',
      ),
    stop !== undefined &&
      error(
        `${name}: ExecStop kills Sidekiq (${/argv\[\]=(.*?) ;/.exec(stop)?.[1] ?? stop}): jobs that still run are lost`,
        'remove ExecStop from the unit: systemd itself sends TERM',
      ),
    of.get('KillMode') === 'none' &&
      error(`${name}: KillMode=none, with which systemd leaves Sidekiq running at a stop`, 'KillMode=mixed in the unit, or none'),
    of.get('SendSIGKILL') === 'no' &&
      error(
        `${name}: SendSIGKILL=no, with which a Sidekiq that does not end goes on beside the next one`,
        'remove SendSIGKILL from the unit',
      ),
  ]
  return all.filter((found) => found !== false)
}

/** systemd must wait longer than Sidekiq, which first waits for its jobs and then puts back those that still run. */
export const stopping = (c: Context, name: string, of: Shown, timeout: number | undefined): Finding | false => {
  const stop = seconds(of.get('TimeoutStopUSec') ?? '')
  if (stop === undefined || timeout === undefined || stop >= timeout + 10) return false
  const lost = stop <= timeout
  return {
    level: lost ? 'error' : 'warning',
    message: `${name}: systemd kills Sidekiq after ${stop} s (TimeoutStopSec), and Sidekiq gives its jobs ${timeout} s${lost ? ': jobs that still run are lost' : ''}`,
    remedy: `TimeoutStopSec=${timeout + 10} in the unit; of one that shipit writes: sidekiq({ timeout: ${timeout} }), then ${c.shipit('sidekiq:install')}`,
  }
}

/** The timeout that Sidekiq uses: its `-t`, or else `otherwise`, from its config file or version. */
export const timeoutOf = <T extends number | undefined>(of: Shown, otherwise: T): number | T => {
  const given = / (?:-t|--timeout)[ =]?(\d+)/.exec(of.get('ExecStart') ?? '')?.[1]
  return given === undefined ? otherwise : Number(given)
}

/** `systemctl show` prints signals as numbers. */
const SIGNALS: Readonly<Record<string, string>> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  6: 'ABRT',
  9: 'KILL',
  10: 'USR1',
  12: 'USR2',
  15: 'TERM',
  20: 'TSTP',
}

const KILLS = /\bp?kill(all)?\b.*(\s-(SIG)?(KILL|9)\b|\s(-s|--signal)[ =]?(SIG)?(KILL|9)\b)/

const error = (message: string, remedy: string): Finding => ({ level: 'error', message, remedy })
