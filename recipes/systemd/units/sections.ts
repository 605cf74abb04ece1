import { headerOf } from '../../../src/kit/index.ts'
import type { UnitContext } from './context.ts'
import { currentDir, inShared, serviceUser, type Output } from './paths.ts'
import { assignment, literal } from './quote.ts'
import type { SocketDirectives, UnitDirectives } from './settings.ts'

export type Directive = readonly [name: string, value: string]
export type Section = readonly [name: string, directives: readonly Directive[]]

/** A service's unit file, as the recipe wants it. Values are plain text, but for `exec` and `execReload`, which are in systemd's syntax. */
export interface ServiceUnit {
  /** without suffix; a template's ends with an @ */
  readonly name: string
  /** may contain `%i` in a template, as a word of its own */
  readonly description: readonly string[]
  readonly wants: readonly string[]
  /** the sockets that systemd listens on for it */
  readonly sockets?: readonly string[]
  /** the default; `directives` may override it */
  readonly type: 'simple' | 'notify'
  /** 0: none */
  readonly watchdogSec?: number
  /** the group of its user; '': not known */
  readonly group: string
  readonly environment: readonly (readonly [string, string | number])[]
  /** relative to `shared`; a leading dash lets one be missing */
  readonly envFiles: readonly string[]
  readonly exec: string
  readonly execReload?: string | undefined
  /** seconds from TERM to KILL */
  readonly timeoutStopSec: number
  readonly timeoutStartSec: number | null
  readonly umask: string | null
  readonly outputs: readonly Output[]
  readonly directives: UnitDirectives
}

/** The directives of one unit, in order. Values are in systemd's syntax. */
export const unitSections = (c: UnitContext, unit: ServiceUnit): readonly Section[] =>
  overridden(
    [
      ['Unit', unitSection(c, unit)],
      ['Service', serviceSection(c, unit)],
      ['Install', [['WantedBy', c.settings.serviceUnitUser === 'system' ? 'multi-user.target' : 'default.target']]],
    ],
    unit.directives,
  )

/** The text of a service's unit file, with its header. `name` has no suffix. */
export const serviceText = (c: UnitContext, name: string, body: string): string => unitText(c, `${name}.service`, body)

/** The same for any unit file. */
export const unitText = (c: UnitContext, file: string, body: string): string => `${headerOf(c, file)}\n${body.trimEnd()}\n`

export const sectionText = ([name, directives]: Section): string =>
  `[${name}]\n${directives.map(([key, value]) => `${key}=${value}\n`).join('')}`

const unitSection = (c: UnitContext, { description, wants, sockets = [] }: ServiceUnit): readonly Directive[] => {
  // a user's systemd has no network.target
  const after = [...(c.settings.serviceUnitUser === 'system' ? ['network.target'] : []), ...wants].join(' ')
  return [
    ['Description', description.map((one) => (one === '%i' ? one : literal(one))).join(' ')],
    ...(after === '' ? [] : [['After', after] as const]),
    ...(wants.length === 0 ? [] : [['Wants', wants.join(' ')] as const]),
    // a service that is started without its socket would bind the address itself
    ...(sockets.length === 0 ? [] : [['Requires', sockets.join(' ')] as const]),
  ]
}

const serviceSection = (c: UnitContext, unit: ServiceUnit): readonly Directive[] => {
  const { name, watchdogSec = 0, sockets = [] } = unit
  // systemd passes on the socket of the same name by itself
  const others = sockets.filter((socket) => socket !== `${name}.socket`)
  const notify = String(unit.directives.Service.Type ?? unit.type).startsWith('notify')
  const found: (Directive | false)[] = [
    ['Type', unit.type],
    notify && ['NotifyAccess', 'main'],
    notify && watchdogSec > 0 && ['WatchdogSec', String(watchdogSec)],
    ...identity(c, unit.group),
    ['WorkingDirectory', literal(currentDir(c))],
    ...unit.environment.map(([key, value]): Directive => ['Environment', assignment(key, value)]),
    ...unit.envFiles.map((file): Directive => ['EnvironmentFile', literal(envFile(c, file))]),
    ['ExecStart', unit.exec],
    unit.execReload !== undefined && ['ExecReload', unit.execReload],
    others.length > 0 && ['Sockets', others.join(' ')],
    // systemd sends TERM to the main process only, and KILL to whatever is left
    ['KillMode', 'mixed'],
    ['TimeoutStopSec', String(unit.timeoutStopSec)],
    unit.timeoutStartSec !== null && ['TimeoutStartSec', String(unit.timeoutStartSec)],
    ['Restart', 'always'],
    ['RestartSec', '1'],
    unit.umask !== null && ['UMask', unit.umask.padStart(4, '0')],
    ...unit.outputs.map(({ directive, file }): Directive => [directive, `append:${literal(file)}`]),
    ['SyslogIdentifier', name.endsWith('@') ? `${literal(name)}%i` : literal(name)],
  ]
  return found.filter((one) => one !== false)
}

/** Without User=, a system unit would run as root. In a user's unit, the line would keep it from starting. */
const identity = (c: UnitContext, group: string): readonly Directive[] => {
  if (c.settings.serviceUnitUser === 'user') return []
  return [['User', literal(serviceUser(c))], ...(group === '' ? [] : [['Group', literal(group)] as const])]
}

/** Absolute, with the leading dash kept: it allows the file to be missing. */
const envFile = (c: UnitContext, given: string): string => {
  const [dash, file] = given.startsWith('-') ? ['-', given.slice(1)] : ['', given]
  return `${dash}${inShared(c, file)}`
}

/** A directive in the settings replaces all directives of that name. */
export const overridden = (all: readonly Section[], directives: Readonly<Record<string, SocketDirectives>>): readonly Section[] =>
  all.map(([name, own]): Section => {
    const given = Object.entries(directives[name] ?? {})
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
