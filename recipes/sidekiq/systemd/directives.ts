import type { Finding } from '../../../src/index.ts'
import { atLeast } from '../../../src/kit/index.ts'
import { parseTimespan, reloadCommands, reloadOnlyQuiets } from '../../systemd/services.ts'
import type { Properties } from '../../systemd/services.ts'
import type { SidekiqHost } from '../known.ts'
import { errorOf, findingOf, warningOf, type Context } from '../manager.ts'
import { notifies } from '../program.ts'
import { fileNames, unitNames } from '../units.ts'

type Found = Finding | false
type Version = SidekiqHost['sidekiq']

/** Directives of the loaded units that do not suit Sidekiq, from the fact `more`. Also covers units written by hand. */
export const directiveFindings = (c: Context): readonly Finding[] => {
  const { more = [], host } = c.facts
  const { sidekiq: version, timeouts = {} } = host?.known ?? {}
  const files = fileNames(c.settings)
  const names = unitNames(c.settings)
  return more.flatMap((unit, i) => {
    if (unit.get('LoadState') !== 'loaded') return []
    const { configFile } = files[Math.floor((i * files.length) / names.length)]!
    const timeout = timeoutOf(unit) ?? timeouts[configFile] ?? (version === undefined || atLeast(version, [6, 0, 0]) ? 25 : 8)
    return inUnit(names[i]!, [
      reload(unit, version),
      ...losses(unit),
      stopLimit(c, unit, timeout),
      type(unit, version),
      watchdog(unit),
      account(c, unit),
      wrapper(unit),
      unit.get('Restart') !== 'always' &&
        warningOf(
          `Restart=${unit.get('Restart') ?? 'no'}, so a Sidekiq that is ended by TERM stays down`,
          'set Restart=always in the unit',
        ),
    ])
  })
}

/** Directives of a loaded unit that lose running jobs at every stop. */
export const jobLosses = (c: Context, name: string, unit: Properties): readonly Finding[] => {
  const timeout = timeoutOf(unit)
  const limit = timeout !== undefined && stopLimit(c, unit, timeout)
  return inUnit(name, [...losses(unit), limit !== false && limit.level === 'error' && limit])
}

const inUnit = (name: string, found: readonly Found[]): readonly Finding[] =>
  found.flatMap((one) => (one === false ? [] : [{ ...one, message: `${name}: ${one.message}` }]))

/** An ExecReload that does not just quiet Sidekiq. shipit then sends the signal itself. */
const reload = (unit: Properties, version: Version): Found => {
  const commands = reloadCommands(unit)
  if (commands.length === 0 || reloadOnlyQuiets(unit)) return false
  const text = commands.join('; ')
  const deadly = /\bUSR1\b/.test(text) && version !== undefined && atLeast(version, [6, 0, 0])
  return findingOf(
    deadly ? 'error' : 'warning',
    deadly
      ? `a reload ends Sidekiq ${version.join('.')} (${text}): running jobs are lost`
      : `a reload does ${/\bTSTP\b/.test(text) ? 'more than quiet' : 'not quiet'} Sidekiq (${text})`,
    'in the unit, set ExecReload= and, on the next line, ExecReload=/bin/kill -TSTP $MAINPID; or remove it, and shipit sends the signal itself',
  )
}

const losses = (unit: Properties): readonly Found[] => {
  const signal = SIGNALS[unit.get('KillSignal') ?? ''] ?? unit.get('KillSignal') ?? 'TERM'
  const kill = (unit.get('ExecStop') ?? '').split('\n').find((line) => KILLS.test(line))
  return [
    !['TERM', 'SIGTERM', 'INT', 'SIGINT'].includes(signal) &&
      errorOf(
        `KillSignal=${signal}, at which Sidekiq does not put its jobs back: running jobs are lost`,
        'set KillSignal=SIGTERM in the unit, or remove it',
      ),
    kill !== undefined &&
      errorOf(
        `ExecStop kills Sidekiq (${/argv\[\]=(.*?) ;/.exec(kill)?.[1] ?? kill}): running jobs are lost`,
        'remove ExecStop from the unit: systemd sends TERM by itself',
      ),
    unit.get('KillMode') === 'none' &&
      errorOf('KillMode=none, with which systemd leaves Sidekiq running at a stop', 'set KillMode=mixed in the unit, or remove it'),
    unit.get('SendSIGKILL') === 'no' &&
      errorOf(
        'SendSIGKILL=no, with which a Sidekiq that does not end keeps running beside the next one',
        'remove SendSIGKILL from the unit',
      ),
  ]
}

/** systemd must wait longer than Sidekiq, which first waits for its jobs and then puts back those that still run. */
const stopLimit = (c: Context, unit: Properties, timeout: number): Found => {
  const stop = parseTimespan(unit.get('TimeoutStopUSec') ?? '')
  if (stop === undefined || stop >= timeout + 10) return false
  const lost = stop <= timeout
  return findingOf(
    lost ? 'error' : 'warning',
    `systemd kills Sidekiq after ${stop} s (TimeoutStopSec), and Sidekiq gives its jobs ${timeout} s${lost ? ': running jobs are lost' : ''}`,
    `set TimeoutStopSec=${timeout + 10} in the unit; if shipit writes it: sidekiq({ timeout: ${timeout} }), then ${c.shipit('sidekiq:install')}`,
  )
}

/** The timeout in Sidekiq's arguments, which overrides that of its config file. */
const timeoutOf = (unit: Properties): number | undefined => {
  const given = / (?:-t|--timeout)[ =]?(\d+)/.exec(unit.get('ExecStart') ?? '')?.[1]
  return given === undefined ? undefined : Number(given)
}

const type = (unit: Properties, version: Version): Found =>
  (unit.get('Type') ?? '').startsWith('notify') &&
  !notifies(version) &&
  errorOf(
    `Type=notify, but Sidekiq ${version?.join('.')} does not notify systemd that it is up: its start fails after TimeoutStartSec`,
    'set Type=simple in the unit, without WatchdogSec; or use Sidekiq 6.0.6 or newer',
  )

const watchdog = (unit: Properties): Found => {
  const limit = parseTimespan(unit.get('WatchdogUSec') ?? '')
  if (limit === undefined || limit <= 0 || limit >= 10) return false
  const remedy = 'set WatchdogSec=30 in the unit, or remove it'
  return limit < 1
    ? errorOf(`WatchdogSec=${limit}, with which Sidekiq does not start`, remedy)
    : warningOf(`WatchdogSec=${limit}, which a busy Sidekiq may miss: systemd then kills it, and its jobs are lost`, remedy)
}

const account = ({ settings: s, layout }: Context, unit: Properties): Found => {
  const user = unit.get('User') ?? ''
  if (s.serviceUnitUser === 'user')
    return (
      user !== '' &&
      errorOf(`User=${user} in a unit of a user's own systemd keeps it from starting (216/GROUP)`, 'remove User= and Group= from the unit')
    )
  return (
    (user === '' || (user === 'root' && s.user !== 'root')) &&
    warningOf(
      `Sidekiq runs as root${user === '' ? ', because the unit has no User=' : ''}`,
      `set User=${s.user ?? (layout.user === 'root' ? 'deploy' : layout.user)} in the unit`,
    )
  )
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

/** Names of programs that start others, as the kernel keeps them: at most 15 characters. */
export const WRAPPERS = /^(ba|da|z|k|mk|c|tc)?sh$|^(su|sudo|runuser|env|script)$/

/** The remedy for a wrapper that stays the main process. */
export const EXEC_HINT = "write exec before the command in ExecStart: /bin/bash -lc 'exec bundle exec sidekiq …'; and User= instead of su"

/** A wrapper in ExecStart that stays: a shell with more than one command, or `su`. */
export const wrapper = (unit: Properties): Found => {
  const [, path = '', argv = ''] = /path=(\S+) ; argv\[\]=(.*?) ; ignore_errors=/.exec(unit.get('ExecStart') ?? '') ?? []
  const program = path.replace(/^.*\//, '')
  if (!WRAPPERS.test(program) || program === 'env') return false
  const script = / -\w*c (.*)$/.exec(argv)?.[1] ?? ''
  if (program.endsWith('sh') && (/(^|[;&|]\s*)exec /.test(script) || !/[;&|]/.test(script))) return false
  return errorOf(`${program} stays in front of Sidekiq as the main process (${argv})`, EXEC_HINT)
}
