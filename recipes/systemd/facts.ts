import { fact, sh } from '../../src/index.ts'
import type { Command, Fact, ProbeResult } from '../../src/index.ts'
import { sudoFacts, type SudoAnswer } from '../../src/kit/index.ts'
import type { Account, Session, Shown } from './known.ts'
import { parseProperties } from './properties.ts'
import type { ScopeSettings } from './scope.ts'
import { parseUnits, type Unit } from './state.ts'
import { lingerTest } from './linger.ts'
import { inScope, query } from './systemctl.ts'
import { toSudoCall, type TaskCall } from './verbs.ts'

type Names = readonly string[]

/** Facts about a host's units: whose systemd has them, and their state. `login`: the account that logs in, if known. */
export const unitFacts = (
  settings: ScopeSettings,
  names: Names,
  login?: string,
): { units: Fact<readonly Unit[]>; session?: Fact<Session | undefined>; account?: Fact<Account | undefined> } => {
  const units = fact(showUnits(settings, UNITS, names, login), parseUnits(names))
  if (settings.serviceUnitUser === 'system') return { units }
  const session = fact(sh`printf '%s\n' "$(id -u)" "\${XDG_RUNTIME_DIR:-}"`, parseSession)
  return settings.user === null || settings.user === login
    ? { session, units }
    : { session, account: fact(sh`getent passwd ${settings.user}`, parseAccount), units }
}

const parseSession = ({ ok, stdout }: ProbeResult): Session | undefined => {
  const [uid, runtimeDir] = ok ? stdout.split('\n') : []
  return uid ? { uid, runtimeDir: runtimeDir ?? '' } : undefined
}

/** Undefined if there is no such account. */
const parseAccount = ({ ok, stdout }: ProbeResult): Account | undefined => {
  const [, , uid = '', , , home = ''] = ok ? stdout.trim().split(':') : []
  return /^\d+$/.test(uid) && home.startsWith('/') ? { uid, home } : undefined
}

const UNITS =
  'Id LoadState ActiveState MainPID Type ExecStart ExecReload ExecStop TimeoutStopUSec KillMode KillSignal SendSIGKILL ActiveExitTimestampMonotonic NRestarts'.split(
    ' ',
  )

/** Facts for `unitChecks`: whether the units' owner lingers, or whether sudo allows each of `calls`. */
export const checkFacts = (
  settings: ScopeSettings,
  calls: readonly TaskCall[],
): { linger?: Fact<boolean>; rights?: Fact<string>; sudo?: readonly Fact<SudoAnswer>[] } =>
  settings.serviceUnitUser === 'user'
    ? { linger: fact(lingerTest(settings, settings.user ?? undefined), ({ ok }) => ok) }
    : calls.length === 0
      ? {}
      : sudoFacts(calls.map((call) => toSudoCall(settings.systemctlBin, call)))

/** Further facts for the doctor: more properties of the units. */
export const doctorFacts = (settings: ScopeSettings, names: Names, login?: string): { shown: Fact<Shown> } => ({
  shown: fact(showUnits(settings, SHOWN, names, login), (answer) => ({ units: parseProperties(answer, names) })),
})

const SHOWN: Names = [
  'Id',
  'LoadState',
  'ActiveState',
  'Result',
  'UnitFileState',
  'NeedDaemonReload',
  'Type',
  'WorkingDirectory',
  'ExecStart',
]

/** `systemctl show` as a fact. */
export const showUnits = (settings: ScopeSettings, properties: Names, names: Names, login?: string): Command => {
  const { systemctlBin: bin, user } = settings
  const words = ['show', '-p', properties.join(',')]
  if (settings.serviceUnitUser === 'system') return query({ settings, facts: {} }, words, names).probe()
  return user === null || user === login
    ? sh`XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} ${bin} --user ${words} ${names}`.probe()
    : inScope({ settings, facts: {} })`XDG_RUNTIME_DIR=/run/user/$(id -u) ${bin} --user ${words} ${names}`.probe()
}
