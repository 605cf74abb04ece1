import type { Context } from '../manager.ts'
import { bundleEnv, execStart } from './command.ts'
import { railsEnvOf } from './env.ts'
import type { UnitHost } from './host.ts'
import { outputs } from './output.ts'
import { currentOf, inShared, userOf } from './place.ts'
import { assignment, literal } from './quote.ts'
import type { UnitDirectives } from './settings.ts'
import { notifies } from './version.ts'

export type Directive = readonly [name: string, value: string]
export type Section = readonly [name: string, directives: readonly Directive[]]

/** What differs between units. `name` has no suffix; a template's ends with an @. */
export interface UnitOf {
  readonly name: string
  readonly configFile: string
}

/** The directives of one unit, in order. Values are in systemd's syntax. */
export const sections = (c: Context, host: UnitHost | undefined, unit: UnitOf): readonly Section[] =>
  overridden(
    [
      ['Unit', unitSection(c, unit)],
      ['Service', serviceSection(c, host, unit)],
      ['Install', [['WantedBy', c.settings.serviceUnitUser === 'system' ? 'multi-user.target' : 'default.target']]],
    ],
    c.settings.directives,
  )

const unitSection = (c: Context, { name, configFile }: UnitOf): readonly Directive[] => {
  const { wants } = c.settings
  // a user's systemd has no network.target
  const after = [...(c.settings.serviceUnitUser === 'system' ? ['network.target'] : []), ...wants].join(' ')
  const which = [...(configFile === 'sidekiq.yml' ? [] : [configFile]), ...(name.endsWith('@') ? ['%i'] : [])]
  return [
    [
      'Description',
      [literal(`Sidekiq of ${c.application} (${c.stage})`), ...which.map((one) => (one === '%i' ? one : literal(one)))].join(' '),
    ],
    ...(after === '' ? [] : [['After', after] as const]),
    ...(wants.length === 0 ? [] : [['Wants', wants.join(' ')] as const]),
  ]
}

const serviceSection = (c: Context, host: UnitHost | undefined, { name, configFile }: UnitOf): readonly Directive[] => {
  const { settings: s } = c
  const notify = typeOf(c, host).startsWith('notify')
  const found: (Directive | false)[] = [
    ['Type', notifies(host?.sidekiq) ? 'notify' : 'simple'],
    notify && ['NotifyAccess', 'main'],
    notify && s.watchdogSec > 0 && ['WatchdogSec', String(s.watchdogSec)],
    ...identity(c, host),
    ['WorkingDirectory', literal(currentOf(c))],
    ...environment(c, host).map(([key, value]): Directive => ['Environment', assignment(key, value)]),
    ...s.serviceUnitEnvFiles.map((file): Directive => ['EnvironmentFile', literal(envFile(c, file))]),
    ['ExecStart', execStart(c, host, configFile)],
    ['ExecReload', `${host?.kill ?? '/bin/kill'} -TSTP $MAINPID`],
    // systemd sends TERM to the main process only, and KILL to whatever is left
    ['KillMode', 'mixed'],
    ['TimeoutStopSec', String(s.timeout + 10)],
    s.timeoutStartSec !== null && ['TimeoutStartSec', String(s.timeoutStartSec)],
    ['Restart', 'always'],
    ['RestartSec', '1'],
    s.umask !== null && ['UMask', s.umask.padStart(4, '0')],
    ...outputs(c).map(({ directive, file }): Directive => [directive, `append:${literal(file)}`]),
    ['SyslogIdentifier', name.endsWith('@') ? `${literal(name)}%i` : literal(name)],
  ]
  return found.filter((one) => one !== false)
}

/** `directives` may override the type that the version implies. */
const typeOf = ({ settings: { directives } }: Context, host: UnitHost | undefined): string => {
  const given = directives.Service.Type
  return given === undefined ? (notifies(host?.sidekiq) ? 'notify' : 'simple') : String(given)
}

/** Without User=, a system unit would run as root. In a user's unit, the line would keep it from starting. */
const identity = (c: Context, host: UnitHost | undefined): readonly Directive[] => {
  if (c.settings.serviceUnitUser === 'user') return []
  const group = host?.group ?? ''
  return [['User', literal(userOf(c))], ...(group === '' ? [] : [['Group', literal(group)] as const])]
}

/** Absolute, with the leading dash kept: it allows the file to be missing. */
const envFile = (c: Context, given: string): string => {
  const [dash, file] = given.startsWith('-') ? ['-', given.slice(1)] : ['', given]
  return `${dash}${inShared(c, file)}`
}

const environment = (c: Context, host: UnitHost | undefined): readonly (readonly [string, string | number])[] => [
  ...new Map<string, string | number>([
    ['RAILS_ENV', railsEnvOf(c)],
    // glibc keeps a memory arena per thread
    ['MALLOC_ARENA_MAX', '2'],
    ...bundleEnv(c, host),
    ...Object.entries(c.settings.serviceUnitEnvVars),
  ]),
]

/** A directive in the settings replaces all directives of that name. */
const overridden = (all: readonly Section[], directives: UnitDirectives): readonly Section[] =>
  all.map(([name, own]): Section => {
    const given = Object.entries(directives[name as keyof UnitDirectives])
    const valuesOf = (key: string): readonly Directive[] => {
      const value = given.find(([other]) => other === key)?.[1] ?? null
      return value === null ? [] : [value].flat().map((one) => [key, String(one)])
    }
    const seen = new Set<string>()
    const kept = own.flatMap((directive): readonly Directive[] => {
      const [key] = directive
      if (!given.some(([other]) => other === key)) return [directive]
      if (seen.has(key)) return []
      seen.add(key)
      return valuesOf(key)
    })
    return [name, [...kept, ...given.flatMap(([key]) => (own.some(([other]) => other === key) ? [] : valuesOf(key)))]]
  })
