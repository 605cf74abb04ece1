import type { Finding } from '../../../src/index.ts'
import { blocksOf } from '../../systemd/state.ts'
import type { Context } from '../manager.ts'
import { fileNames, unitNames } from '../units.ts'
import { hostOf, type UnitHost } from './host.ts'
import { atLeast, notifies } from './version.ts'
import { inFront } from './wrapper.ts'

type Shown = ReadonlyMap<string, string>
type Found = Finding | false

/** What of the loaded units does not fit Sidekiq, by the fact `more`; of units written by hand too. */
export const settingFindings = (c: Context): readonly Finding[] => {
  const names = unitNames(c.settings)
  const host = hostOf(c.facts)
  const blocks = blocksOf(c.facts.more, names) ?? []
  const perFile = names.length / fileNames(c.settings).length
  return blocks.flatMap((of, i) => {
    if (of.get('LoadState') !== 'loaded') return []
    const { configFile } = fileNames(c.settings)[Math.floor(i / perFile)]!
    return [
      reload(names[i]!, of, host),
      stopping(c, names[i]!, of, timeoutOf(of, host, configFile)),
      notifying(names[i]!, of, host),
      watched(names[i]!, of),
      who(c, names[i]!, of),
      inFront(names[i]!, of),
      of.get('Restart') !== 'always' && {
        level: 'warning' as const,
        message: `${names[i]}: Restart=${of.get('Restart') ?? 'no'}, so a Sidekiq that somebody ended with TERM stays down`,
        remedy: 'Restart=always in the unit',
      },
    ].filter((found): found is Finding => found !== false)
  })
}

const reload = (name: string, of: Shown, host: UnitHost | undefined): Found => {
  const text = of.get('ExecReload') ?? ''
  if (text === '' || /\bTSTP\b/.test(text)) return false
  const deadly = /\bUSR1\b/.test(text) && host?.sidekiq !== undefined && atLeast(host.sidekiq, [6, 0, 0])
  const command = /argv\[\]=(.*?) ;/.exec(text)?.[1] ?? text
  return {
    level: deadly ? 'error' : 'warning',
    message: deadly
      ? `${name}: a reload ends Sidekiq ${host.sidekiq.join('.')} (${command})`
      : `${name}: a reload does not quiet Sidekiq (${command})`,
    remedy: 'ExecReload=/bin/kill -TSTP $MAINPID in the unit',
  }
}

/** Systemd has to wait longer than Sidekiq, which first waits for its jobs, and then puts back those that still run. */
const stopping = (c: Context, name: string, of: Shown, timeout: number): Found => {
  const stop = seconds(of.get('TimeoutStopUSec') ?? '')
  if (stop === undefined || stop >= timeout + 10) return false
  const lost = stop <= timeout
  return {
    level: lost ? 'error' : 'warning',
    message: `${name}: systemd kills Sidekiq after ${stop} s (TimeoutStopSec), and Sidekiq gives its jobs ${timeout} s${lost ? ': jobs that still run are lost' : ''}`,
    remedy: `TimeoutStopSec=${timeout + 10} in the unit: shipit ${c.stage} sidekiq:install with timeout: ${timeout}`,
  }
}

/** What Sidekiq goes by: `-t`, else its config file, else 25 s (8 before 6.0). */
const timeoutOf = (of: Shown, host: UnitHost | undefined, configFile: string): number => {
  const given = / (?:-t|--timeout)[ =]?(\d+)/.exec(of.get('ExecStart') ?? '')?.[1]
  const usual = host?.sidekiq !== undefined && !atLeast(host.sidekiq, [6, 0, 0]) ? 8 : 25
  return given === undefined ? (host?.timeouts[configFile] ?? usual) : Number(given)
}

const notifying = (name: string, of: Shown, host: UnitHost | undefined): Found =>
  (of.get('Type') ?? '').startsWith('notify') &&
  !notifies(host?.sidekiq) && {
    level: 'error',
    message: `${name}: Type=notify, and Sidekiq ${host?.sidekiq?.join('.')} never says that it is up: its start fails after TimeoutStartSec`,
    remedy: 'Type=simple in the unit, without WatchdogSec; or Sidekiq 6.0.6 or newer',
  }

const watched = (name: string, of: Shown): Found => {
  const limit = seconds(of.get('WatchdogUSec') ?? '')
  if (limit === undefined || limit <= 0 || limit >= 10) return false
  return {
    level: limit < 1 ? 'error' : 'warning',
    message: `${name}: WatchdogSec=${limit}, ${limit < 1 ? 'with which Sidekiq does not start' : 'which a busy Sidekiq may miss: it is then killed, and its jobs are lost'}`,
    remedy: 'WatchdogSec=30 in the unit, or none',
  }
}

const who = (c: Context, name: string, of: Shown): Found => {
  const user = of.get('User') ?? ''
  if (c.settings.serviceUnitUser === 'user')
    return (
      user !== '' && {
        level: 'error',
        message: `${name}: User=${user} in a unit of a user's own systemd keeps it from starting (216/GROUP)`,
        remedy: 'remove User= and Group= from the unit',
      }
    )
  return (
    (user === '' || (user === 'root' && c.settings.user !== 'root')) && {
      level: 'warning',
      message: `${name}: Sidekiq runs as root${user === '' ? ', for the unit has no User=' : ''}`,
      remedy: `User=${c.settings.user ?? (c.layout.user === 'root' ? 'deploy' : c.layout.user)} in the unit`,
    }
  )
}

/** `1min 30s` as systemd prints it; undefined: `infinity`, or nothing. */
const seconds = (text: string): number | undefined => {
  const units: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400 }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|min|s|h|d)\b/g)]
  return parts.length === 0 ? undefined : parts.reduce((sum, [, n, unit]) => sum + Number(n) * units[unit!]!, 0)
}
