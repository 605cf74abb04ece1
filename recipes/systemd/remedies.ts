import { sudoRefused } from '../../src/index.ts'
import type { BaseContext, Failed } from '../../src/index.ts'
import { sudoersRule } from '../sudo/file.ts'
import { otherUser, ownerOf, type Context } from './scope.ts'
import { SIDEKIQ, type Service } from './service.ts'
import { wordsOf, type Verb } from './verbs.ts'

type Names = readonly string[]
/** What failed: a verb, the check that units are up (`verify`), or the check before anything is changed (`check`). */
export type What = Verb | 'verify' | 'check'
interface Case {
  readonly service: Service
  readonly what: What
  readonly units: string
  /** the owner of the systemd, in the user scope */
  readonly user: string
  /** the same, if it is reached through sudo */
  readonly other: string | undefined
  readonly shipit: BaseContext['shipit']
  readonly system: boolean
  readonly bin: string
  /** how to read the journal */
  readonly log: string
  readonly sudo: string
}
interface Said {
  /** what the failed command printed */
  readonly itself: string
  /** what systemd reports about the units */
  readonly systemd: string
  readonly code: number | undefined
}

/** Separates a command's own output from the diagnosis that follows its failure. */
export const SAYS = '-- what systemd says:'

/** The remedy for a failed systemctl. Exit codes do not tell the causes apart; the output does. */
export const remedy = (c: Context, units: Names, what: What) => {
  const system = c.settings.serviceUnitUser === 'system'
  const about = (some: Names): Case => ({
    service: c.service ?? SIDEKIQ,
    what,
    units: some.join(' '),
    user: ownerOf(c) || 'the deploy user',
    other: otherUser(c),
    shipit: c.shipit,
    system,
    bin: `${c.settings.systemctlBin}${system ? '' : ' --user'}`,
    log: logOf(c, some),
    sudo: sudoRemedy(c, units, what === 'verify' || what === 'check' ? undefined : what),
  })
  return ({ code, stdout, stderr }: Failed): string => {
    const [itself = '', systemd = ''] = stderr.split(SAYS)
    const said = { itself: `${itself}\n${stdout}\n`, systemd, code }
    const of = about(culprits(units, itself, systemd))
    return causes.map((cause) => cause(said, of)).find((found) => found !== undefined) ?? `see ${of.log}`
  }
}

/**
 * The units of a call that a failure is about: those that the command named, or those that systemd reports as missing or not active; else
 * all.
 */
const culprits = (units: Names, itself: string, systemd: string): Names => {
  const words = itself.split(/[\s:]+/).map((word) => word.replace(/\.$/, ''))
  const named = units.filter((unit) => words.includes(unit))
  if (named.length > 0) return named
  const blocks = systemd.split(/\n\n+/).filter((block) => /^(LoadState=(?!loaded)|ActiveState=(?!active))/m.test(block))
  const down = units.filter((unit) => blocks.some((block) => `\n${block}\n`.includes(`\nId=${unit}\n`)))
  return down.length > 0 ? down : units
}

/** The command that reads the units' journal. */
export const logOf = (c: Pick<Context, 'settings' | 'layout'>, units: Names): string =>
  `journalctl ${c.settings.serviceUnitUser === 'system' ? '' : '--user '}${units.map((unit) => `-u ${unit}`).join(' ')}${otherUser(c) === undefined ? '' : ` as ${ownerOf(c)}`}`

/** How to allow the deploy user exactly this through sudo; all verbs, if none is given. */
export const sudoRemedy = (c: Context, units: Names, verb?: Verb): string => {
  const verbs: readonly Verb[] = verb === undefined ? ['quiet', 'reload', 'stop', 'start', 'restart'] : [verb]
  return sudoRule(
    c,
    verbs.map((one) => ({ verb: one, names: units })),
  )
}

/** The same for several calls. If another user's systemd has the units, the rule allows becoming that user, whatever the call. */
export const sudoRule = (c: Context, calls: readonly { readonly verb: Verb; readonly names: Names }[]): string => {
  const user = c.layout.user || 'deploy'
  const other = otherUser(c)
  const bin = c.settings.systemctlBin.startsWith('/') ? c.settings.systemctlBin : `/usr/bin/${c.settings.systemctlBin}`
  const commands = calls.map(({ verb, names }) => [bin, ...wordsOf(verb), ...names].map(escaped).join(' ')).join(', ')
  const [may, rule] =
    other === undefined ? ['do this', `(root) NOPASSWD: ${commands}`] : [`become ${other}`, `(${other}) NOPASSWD: /bin/sh`]
  const [, part] = (c.service ?? SIDEKIQ).tasks.split(':')
  return `${user} may not ${may} through sudo without a password. ${sudoersRule(c, user, rule, part)}`
}

/** Escapes characters that are special in sudoers (sudoers(5)). A backslash is read twice: by its parser, and as a wildcard's escape. */
export const escaped = (word: string): string => word.replaceAll('\\', '\\\\').replaceAll(/[\\,:=]/g, '\\$&')

type Cause = (said: Said, of: Case) => string | undefined

const causes: readonly Cause[] = [
  ({ itself }, { other }) =>
    other !== undefined && /^sudo: unknown user/m.test(itself)
      ? `there is no user ${other} on this host: create it, or name the one whose systemd has the unit`
      : undefined,
  ({ itself }, of) => ((of.system || of.other !== undefined) && sudoRefused(itself) ? of.sudo : undefined),
  ({ itself }, of) => {
    if (!/Failed to (connect to bus|get D-Bus connection)/.test(itself)) return undefined
    return of.system
      ? 'systemd does not answer: does it run on this host at all, or is this a container?'
      : `${of.user}'s own systemd does not run. As root: loginctl enable-linger ${of.user}. And sshd needs UsePAM yes`
  },
  ({ itself }, of) =>
    (of.system || of.other !== undefined) && /sudo: (command )?not found/.test(itself) ? 'sudo is not installed on this host' : undefined,
  ({ itself, code }, of) =>
    code === 127 || /command not found/.test(itself)
      ? `${of.bin} is not in the PATH of this host: set systemctlBin to its full path`
      : undefined,
  ({ itself }, of) =>
    /^(Unit|Failed to (start|stop|restart|kill|reload)) .*(not found|not loaded)|No files found for|LoadState=not-found/m.test(itself)
      ? install(of)
      : undefined,
  ({ itself }, of) =>
    /is masked|LoadState=masked/.test(itself) ? `somebody masked it: ${of.system ? 'sudo ' : ''}${of.bin} unmask ${of.units}` : undefined,
  ({ itself, systemd }, of) =>
    /bad unit file setting|bad-setting|LoadState=error/.test(itself + systemd)
      ? `the unit file has an error: systemd-analyze ${of.system ? '' : '--user '}verify ${of.units}`
      : undefined,
  ({ itself }, of) =>
    /^Job for .* canceled\./m.test(itself)
      ? `something else restarted or stopped ${of.units} meanwhile: is another run at work, or somebody? Then try again`
      : undefined,
  ({ systemd }) => neverBegun(systemd),
  ({ itself }, of) =>
    / is still the old process, /.test(itself)
      ? `it is still the old process, with the old release: ${of.shipit(`${of.service.tasks}:restart`)}`
      : undefined,
  ({ itself, systemd }, of) =>
    /repeated too quickly|attempted too often|start-limit-hit/.test(itself + systemd)
      ? `it ended again and again, and systemd gave up. See ${of.log}; then ${of.system ? 'sudo ' : ''}${of.bin} reset-failed ${of.units}`
      : undefined,
  ({ itself, systemd }, of) => (/timeout was exceeded|Result=timeout/.test(itself + systemd) ? tooLate(of) : undefined),
  ({ systemd }) => (/Result=oom-kill/.test(systemd) ? 'the kernel ended it: there was no memory left' : undefined),
  ({ itself }, of) => (/Job type reload is not applicable/.test(itself) ? of.service.reload(of) : undefined),
  ({ itself }, of) =>
    /is not active, cannot reload/.test(itself) ? `it is not running: ${of.shipit(`${of.service.tasks}:start`)}` : undefined,
  ({ itself, systemd }, of) =>
    /already active, refusing/.test(itself + systemd)
      ? `the service runs without its socket, which can only come first: ${of.shipit(`${of.service.tasks}:stop`, `${of.service.tasks}:start`)}`
      : undefined,
  ({ systemd }, of) => (UP.includes(of.what) ? `${of.service.name} ended while it came up${status(systemd)}: see ${of.log}` : undefined),
]

const UP: readonly What[] = ['start', 'restart', 'reload-or-restart', 'verify']

const install = (of: Case): string => {
  const { system, user, units, service } = of
  const where = system ? 'in /etc/systemd/system' : `in ~${user === 'the deploy user' ? '' : user}/.config/systemd/user`
  const other = system
    ? `a unit of ${user}'s own systemd? Then ${service.scope}: 'user'`
    : `a unit of the system? Then ${service.scope}: 'system'`
  return `there is no ${units} ${where}; ${service.install(of)}. Or is it ${other}`
}

/** Why the process never became the service, by the exit codes of systemd.exec(5). */
const neverBegun = (systemd: string): string | undefined => {
  const path = /ExecStart=\{ path=(\S+)/.exec(systemd)?.[1]
  switch (/ExecMainStatus=(\d+)/.exec(systemd)?.[1]) {
    case '200':
      return "the unit's WorkingDirectory is not there: it has to be the `current` of this deploy"
    case '203':
      return `203/EXEC: the program of the unit's ExecStart${path === undefined ? '' : `, ${path},`} is not there or cannot be run`
    case '209':
      return "209/STDOUT: the file of the unit's StandardOutput or StandardError cannot be opened. Is its folder there?"
    case '216':
    case '217':
      return "the unit's User= or Group= does not exist, or it is a unit of the user's own systemd, where these may not stand"
    default:
      return undefined
  }
}

const tooLate = ({ what, log, service }: Case): string =>
  what === 'stop'
    ? `it was killed at its TimeoutStopSec: ${service.killed.lost}`
    : `it did not report that it is up. ${service.notify}: see ${log}`

const status = (systemd: string): string => {
  const code = /ExecMainStatus=([1-9]\d*)/.exec(systemd)?.[1]
  return code === undefined ? '' : ` (exit code ${code})`
}
