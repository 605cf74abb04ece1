import { sudoRefused } from '../../src/index.ts'
import type { BaseContext, Failed } from '../../src/index.ts'
import { sudoersRemedy, type SudoCall } from '../../src/kit/index.ts'
import { otherUser, scopeUser, type Context, asOther, isSystem, systemctl, typedSystemctl, userOption } from './scope.ts'
import { toSudoCall, type Verb } from './verbs.ts'
import { type ServiceWording, partName } from './wording.ts'

type Names = readonly string[]
/** What failed: a verb, the check that units are up (`verify`), or the check before anything is changed (`check`). */
export type Operation = Verb | 'verify' | 'check'
interface Failure {
  readonly service: ServiceWording
  readonly what: Operation
  readonly units: string
  /** the owner of the systemd, in the user scope */
  readonly user: string
  /** the same, if it is reached through sudo */
  readonly other: string | undefined
  readonly shipit: BaseContext['shipit']
  readonly system: boolean
  readonly bin: string
  /** a call of it, as a person types it */
  readonly systemctl: (...words: Names) => string
  /** how to read the journal */
  readonly log: string
  readonly sudo: string
}
interface Output {
  /** what the failed command printed */
  readonly itself: string
  /** what systemd reports about the units */
  readonly systemd: string
  readonly code: number | undefined
}

/** Separates a command's own output from the diagnosis that follows its failure. */
export const DIAGNOSIS = '-- what systemd says:'

/** The remedy for a failed systemctl. The exit codes of the causes are the same; their output differs. */
export const remedy = (c: Context, units: Names, what: Operation) => {
  const system = isSystem(c)
  const about = (some: Names): Failure => ({
    service: c.service,
    what,
    units: some.join(' '),
    user: scopeUser(c) || 'the deploy user',
    other: otherUser(c),
    shipit: c.shipit,
    system,
    bin: systemctl(c).join(' '),
    systemctl: (...words) => typedSystemctl(c, ...words),
    log: journalCommand(c, some),
    sudo: sudoRemedy(c, units, what === 'verify' || what === 'check' ? undefined : what),
  })
  return ({ code, stdout, stderr }: Failed): string => {
    const [itself = '', systemd = ''] = stderr.split(DIAGNOSIS)
    const output = { itself: `${itself}\n${stdout}\n`, systemd, code }
    const failure = about(culprits(units, itself, systemd))
    return causes.map((cause) => cause(output, failure)).find((found) => found !== undefined) ?? `see ${failure.log}`
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
export const journalCommand = (c: Pick<Context, 'settings' | 'layout'>, units: Names): string =>
  ['journalctl', ...userOption(c), ...units.map((unit) => `-u ${unit}`), ...asOther(c)].join(' ')

/** How to allow the deploy user exactly this through sudo; all verbs, if none is given. */
export const sudoRemedy = (c: Context, units: Names, verb?: Verb): string => {
  const verbs: readonly Verb[] = verb === undefined ? ['quiet', 'reload', 'stop', 'start', 'restart'] : [verb]
  return sudoRule(
    c,
    verbs.map((one) => toSudoCall(c.settings.systemctlBin, { verb: one, names: units })),
  )
}

/** The same for several calls. If another user's systemd has the units, the rule allows becoming that user, whatever the call. */
export const sudoRule = (c: Context, calls: readonly SudoCall[]): string => {
  const other = otherUser(c)
  const part = partName(c.service.tasks)
  if (other !== undefined) return sudoersRemedy(c, { commands: [['/bin/sh']], as: other, may: `become ${other}`, part })
  return sudoersRemedy(c, {
    commands: calls.map(({ words: [bin = '', ...rest] }) => [bin.startsWith('/') ? bin : `/usr/bin/${bin}`, ...rest]),
    part,
  })
}

type Cause = (output: Output, failure: Failure) => string | undefined

const causes: readonly Cause[] = [
  ({ itself }, { other }) =>
    other !== undefined && /^sudo: unknown user/m.test(itself)
      ? `there is no user ${other} on this host: create it, or name the one whose systemd has the unit`
      : undefined,
  ({ itself }, failure) => ((failure.system || failure.other !== undefined) && sudoRefused(itself) ? failure.sudo : undefined),
  ({ itself }, failure) => {
    if (!/Failed to (connect to bus|get D-Bus connection)/.test(itself)) return undefined
    return failure.system
      ? 'systemd does not answer: does it run on this host at all, or is this a container?'
      : `${failure.user}'s own systemd does not run. As root: loginctl enable-linger ${failure.user}`
  },
  ({ itself }, failure) =>
    (failure.system || failure.other !== undefined) && /sudo: (command )?not found/.test(itself)
      ? 'sudo is not installed on this host'
      : undefined,
  ({ itself, code }, failure) =>
    code === 127 || /command not found/.test(itself)
      ? `${failure.bin} is not in the PATH of this host: set systemctlBin to its full path`
      : undefined,
  ({ itself }, failure) =>
    /^(Unit|Failed to (start|stop|restart|kill|reload)) .*(not found|not loaded)|No files found for|LoadState=not-found/m.test(itself)
      ? install(failure)
      : undefined,
  ({ itself }, failure) =>
    /is masked|LoadState=masked/.test(itself) ? `it is masked: ${failure.systemctl('unmask', failure.units)}` : undefined,
  ({ itself, systemd }, failure) =>
    /bad unit file setting|bad-setting|LoadState=error/.test(itself + systemd)
      ? `the unit file has an error: systemd-analyze ${failure.system ? '' : '--user '}verify ${failure.units}`
      : undefined,
  ({ itself }, failure) =>
    /^Job for .* canceled\./m.test(itself)
      ? `something else stopped or restarted ${failure.units} meanwhile. If that was another run, wait until it has ended; then try again`
      : undefined,
  ({ systemd }) => neverBegun(systemd),
  ({ itself }, failure) =>
    / is still the old process, /.test(itself)
      ? `it is still the old process, with the old release: ${failure.shipit(`${failure.service.tasks}:restart`)}`
      : undefined,
  ({ itself, systemd }, failure) =>
    /repeated too quickly|attempted too often|start-limit-hit/.test(itself + systemd)
      ? `it ended again and again, and systemd gave up. See ${failure.log}; then ${failure.systemctl('reset-failed', failure.units)}`
      : undefined,
  ({ itself, systemd }, failure) => (/timeout was exceeded|Result=timeout/.test(itself + systemd) ? tooLate(failure) : undefined),
  ({ systemd }) => (/Result=oom-kill/.test(systemd) ? 'the kernel ended it: there was no memory left' : undefined),
  ({ itself }, failure) => (/Job type reload is not applicable/.test(itself) ? failure.service.reload(failure) : undefined),
  ({ itself }, failure) =>
    /is not active, cannot reload/.test(itself) ? `it is not running: ${failure.shipit(`${failure.service.tasks}:start`)}` : undefined,
  ({ itself, systemd }, failure) =>
    /already active, refusing/.test(itself + systemd)
      ? `the service runs without its socket, which can only come first: ${failure.shipit(`${failure.service.tasks}:stop`, `${failure.service.tasks}:start`)}`
      : undefined,
  ({ systemd }, failure) =>
    UP.includes(failure.what) ? `${failure.service.name} ended while it came up${status(systemd)}: see ${failure.log}` : undefined,
]

const UP: readonly Operation[] = ['start', 'restart', 'reload-or-restart', 'verify']

const install = (failure: Failure): string => {
  const { system, user, units, service } = failure
  const where = system ? 'in /etc/systemd/system' : `in ~${user === 'the deploy user' ? '' : user}/.config/systemd/user`
  const other = system
    ? `${user}'s own systemd has it, set serviceUnitUser: 'user'`
    : `the host's systemd has it, set serviceUnitUser: 'system'`
  return `there is no ${units} ${where}; ${service.install(failure)}. If ${other}`
}

/** Why the process never became the service, by the exit codes of systemd.exec(5). */
const neverBegun = (systemd: string): string | undefined => {
  const path = /ExecStart=\{ path=(.+?) ;/.exec(systemd)?.[1]
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

const tooLate = ({ what, log, service }: Failure): string =>
  what === 'stop'
    ? `it was killed at its TimeoutStopSec: ${service.killed.lost}`
    : `it did not report that it is up. ${service.notify}: see ${log}`

const status = (systemd: string): string => {
  const code = /ExecMainStatus=([1-9]\d*)/.exec(systemd)?.[1]
  return code === undefined ? '' : ` (exit code ${code})`
}
