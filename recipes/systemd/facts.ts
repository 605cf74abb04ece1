import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { rights } from '../sudo/allowed.ts'
import type { Call } from './lifecycle.ts'
import type { ScopeSettings } from './scope.ts'
import { ask, scoped } from './systemctl.ts'
import { wordsOf } from './verbs.ts'
import { lingering } from './watch.ts'

type Facts = Readonly<Record<string, Command>>

/** Facts about a host's units: whose systemd has them, and their state (`unitsOf`). `login`: the account that logs in, if known. */
export const unitFacts = (settings: ScopeSettings, names: readonly string[], login?: string): Facts => {
  const units = show(settings, UNITS, names, login)
  if (settings.serviceUnitUser === 'system') return { units }
  const session = sh`printf '%s\n' "$(id -u)" "\${XDG_RUNTIME_DIR:-}"`.probe()
  return settings.user === null || settings.user === login
    ? { session, units }
    : { session, account: sh`getent passwd ${settings.user}`.probe(), units }
}

const UNITS =
  'Id LoadState ActiveState MainPID Type ExecStart ExecReload ExecStop TimeoutStopUSec KillMode KillSignal SendSIGKILL ActiveExitTimestampMonotonic NRestarts'.split(
    ' ',
  )

/** Further facts for the doctor: more properties of the units, whether their owner lingers, and whether sudo allows each of `calls`. */
export const doctorFacts = (settings: ScopeSettings, names: readonly string[], calls: readonly Call[], login?: string): Facts => {
  const shown = show(settings, SHOWN, names, login)
  if (settings.serviceUnitUser === 'user') {
    const linger = lingering(settings, settings.user ?? undefined)
    return { shown, linger: linger.probe() }
  }
  return {
    shown,
    ...(calls.length > 0 && { rights: rights() }),
    ...Object.fromEntries(calls.map((call, i) => [`sudo${i}`, sh`sudo -n -l ${sudoWords(settings, call)}`.probe()])),
  }
}

/** The words of a call that follow `sudo`. */
export const sudoWords = ({ systemctlBin }: Pick<ScopeSettings, 'systemctlBin'>, { verb, names }: Call): readonly string[] => [
  systemctlBin,
  ...wordsOf(verb),
  ...names,
]

const SHOWN = ['Id', 'LoadState', 'ActiveState', 'Result', 'UnitFileState', 'NeedDaemonReload', 'Type', 'WorkingDirectory', 'ExecStart']

/** `systemctl show` as a fact. */
export const show = (settings: ScopeSettings, properties: readonly string[], names: readonly string[], login?: string): Command => {
  const { systemctlBin: bin, user } = settings
  const words = ['show', '-p', properties.join(',')]
  if (settings.serviceUnitUser === 'system') return ask({ settings, facts: {} }, words, names).probe()
  return user === null || user === login
    ? sh`XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} ${bin} --user ${words} ${names}`.probe()
    : scoped({ settings, facts: {} })`XDG_RUNTIME_DIR=/run/user/$(id -u) ${bin} --user ${words} ${names}`.probe()
}
