import type { Finding } from '../../../src/index.ts'
import { onlyQuiets, reloadCommands } from '../../systemd/reload.ts'
import { blocksOf } from '../../systemd/state.ts'
import { seconds } from '../../systemd/timespan.ts'
import type { Context } from '../manager.ts'
import { fileNames, unitNames } from '../units.ts'
import { hostOf, type UnitHost } from './host.ts'
import { losses, stopping, timeoutOf } from './losses.ts'
import { atLeast, notifies } from './version.ts'
import { inFront } from './wrapper.ts'

type Shown = ReadonlyMap<string, string>
type Found = Finding | false

/** Directives of the loaded units that do not suit Sidekiq, from the fact `more`. Also covers units written by hand. */
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
      ...losses(names[i]!, of),
      stopping(c, names[i]!, of, timeoutOf(of, host?.timeouts[configFile] ?? usual(host))),
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

/** An ExecReload that does not just quiet Sidekiq. shipit then sends the signal itself. */
const reload = (name: string, of: Shown, host: UnitHost | undefined): Found => {
  const commands = reloadCommands(of)
  if (commands.length === 0 || onlyQuiets(of)) return false
  const text = commands.join('; ')
  const deadly = /\bUSR1\b/.test(text) && host?.sidekiq !== undefined && atLeast(host.sidekiq, [6, 0, 0])
  const quiets = /\bTSTP\b/.test(text)
  return {
    level: deadly ? 'error' : 'warning',
    message: deadly
      ? `${name}: a reload ends Sidekiq ${host.sidekiq.join('.')} (${text}): running jobs are lost`
      : `${name}: a reload does ${quiets ? 'more than quiet' : 'not quiet'} Sidekiq (${text})`,
    remedy: `in the unit: ExecReload= and, in the line after it, ExecReload=/bin/kill -TSTP $MAINPID; or none, and shipit sends the signal itself`,
  }
}

/** Seconds that Sidekiq gives its jobs by default: 25, or 8 before 6.0. */
const usual = (host: UnitHost | undefined): number => (host?.sidekiq !== undefined && !atLeast(host.sidekiq, [6, 0, 0]) ? 8 : 25)

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
