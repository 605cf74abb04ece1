import { masked } from '../redact/mask.ts'
import type { Host } from '../inventory/types.ts'
import { shellOn } from '../shell/ssh-command.ts'
import { alternativesOf } from '../shell/attempts.ts'
import { accountOf, display } from '../shell/display.ts'
import { refusedCommand, sudoRefused } from '../shell/sudo-refused.ts'
import type { Command, Failed } from '../shell/types.ts'
import { ownName } from '../inventory/account.ts'

/** The author's hint, and shipit's own. A hint function has seen the failure, so its hint stands alone. `user`: the login, if known. */
export const hintsOf = (command: Command, failed: Failed, host: Host, user: string | undefined): string | undefined => {
  const authorHint = hintOf(command, failed)
  if (authorHint !== undefined && typeof command.spec.hint === 'function') return authorHint
  const hints = [authorHint, ownHint(command, failed, host, user)].filter((hint) => hint !== undefined)
  return hints.length === 0 ? undefined : hints.join('\n')
}

/** The hint that the author of the command gave for this failure, if any. A function may cut what it gets, so it gets it masked. */
export const hintOf = ({ spec: { hint } }: Command, failed: Failed): string | undefined =>
  typeof hint === 'function' ? hint(withoutSecrets(failed)) : hint

export const withoutSecrets = ({ code, stdout, stderr }: Failed): Failed => ({ code, stdout: masked(stdout), stderr: masked(stderr) })

/** What shipit itself knows about any failed command: sudo refused it, or its program is not in the PATH. */
const ownHint = (command: Command, failed: Failed, host: Host, user: string | undefined): string | undefined =>
  missingRsyncHint(command, failed, host) ??
  refusedHint(command, failed, host, user || host.user || (host.ssh.transport === 'local' ? ownName() : undefined) || 'USER') ??
  missingProgramHint(command, failed, host)

const refusedHint = (command: Command, { stderr }: Failed, host: Host, user: string): string | undefined => {
  if (!sudoRefused(stderr)) return undefined
  if (/incorrect (?:password|authentication) attempt/.test(stderr)) return passwordHint(host)
  const failed = lastTried(command)
  const account = accountOf(failed.spec)
  if (account !== undefined) return allowHint(user, account, '/bin/sh ""')
  return refusedCommandHint(failed, stderr, user)
}

/** sudo asks for the password of the login, of root (rootpw) or of the account of the command (targetpw), as sudoers(5) says. */
const passwordHint = (host: Host): string =>
  `which password sudo asks for there: ${shellOn(host, 'sudo -k -v')}\n` +
  `If this server has another one than the others: { host: '${host.name}', sudoPassword: askSecret('sudoPassword-${host.name}') }`

/** The command whose output the failure has: the last alternative, if there are any, with the account that it inherits. */
const lastTried = (command: Command): Command => {
  const last = alternativesOf(command.spec).at(-1)
  if (last === undefined || last.spec.as !== undefined || last.spec.sudo === true || command.spec.as === undefined) return last ?? command
  return last.as(command.spec.as, command.spec.group === undefined ? {} : { group: command.spec.group })
}

const refusedCommandHint = (failed: Command, stderr: string, user: string): string | undefined => {
  const { spec } = failed
  const typed = /^sudo (?:-n )?(?!-)(.+)$/.exec(display(failed))?.[1]
  if (typed === undefined) return undefined
  // sudo's own message has the full path of the program
  const refusedPath = refusedCommand(stderr)
  const command = refusedPath ?? inUsrBin(typed)
  if (command === undefined)
    return `sudo does not let ${user} run this without a password: on that host, as ${user}: sudo -l shows what it may run`
  const set = Object.values(spec.env ?? {}).some((value) => value !== null)
  // without `""`, a bare command would allow any arguments (sudoers(5))
  return allowHint(user, 'root', command.includes(' ') ? escaped(command) : `${escaped(command)} ""`, set ? ' SETENV:' : '')
}

/** The rule is alone on its line, so that you can copy it. */
const allowHint = (user: string, as: string, command: string, tags = ''): string =>
  `sudo does not let ${user} run this without a password. As root: visudo -f /etc/sudoers.d/shipit, and add the line\n` +
  `${user} ALL=(${as}) NOPASSWD:${tags} ${command}`

/** The command as sudo sees it; undefined if it has a quote, a variable or a wildcard, whose value is not known here. */
const inUsrBin = (typed: string): string | undefined =>
  !/^[\w@%+.,:=/ -]+$/.test(typed) ? undefined : typed.startsWith('/') ? typed : `/usr/bin/${typed}`

/** Escapes the characters that are special in sudoers(5). */
const escaped = (words: string): string => words.replaceAll(/[\\,:=]/g, '\\$&')

/** `rsync()` looks for its other end itself. */
const missingRsyncHint = ({ spec }: Command, { code, stderr }: Failed, host: Host): string | undefined =>
  spec.rsync === undefined || code !== 127 || !/^rsync is not installed$/m.test(stderr)
    ? undefined
    : `${shellOn(host, 'sudo apt-get install rsync')}, or use upload() and download(), which need nothing there`

const missingProgramHint = ({ spec }: Command, { code, stderr }: Failed, host: Host): string | undefined => {
  if (code !== 127) return undefined
  const [, shell, env] = /(?:^|: )([\w.+-]+): (?:command )?not found$|^env: ['‘]?([\w.+-]+?)['’]?: No such file/m.exec(stderr) ?? []
  const name = shell ?? env
  if (name === undefined) return undefined
  const where = shellOn(host, `bash -lc 'command -v ${name}'`)
  if (spec.login)
    return (
      `${name} is not in the PATH of a login shell of ${spec.as ?? 'the account'} either, nor a function of it. Such a shell reads /etc/profile, and the first of ` +
      `~/.bash_profile, ~/.bash_login and ~/.profile: set it up there, not in ~/.bashrc`
    )
  return (
    `${name} is not in the PATH of a shell without a login, which does not read ~/.profile or ~/.bashrc. ` +
    `Find its folder: ${where}\nThen env: { PATH: prepend('FOLDER') }, or rbenv() for Ruby`
  )
}
