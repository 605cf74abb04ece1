import type { Host } from '../inventory/types.ts'
import { shellOn } from '../tasks/login.ts'
import { display } from '../shell/display.ts'
import { refusedCommand, sudoRefused } from '../shell/sudo-refused.ts'
import type { Command, Failed } from '../shell/types.ts'
import { ownName } from '../transport/account.ts'

/** The author's hint, and shipit's own. A hint function has seen the failure, so its hint stands alone. `user`: the login, if known. */
export const hintsOf = (command: Command, failed: Failed, host: Host, user: string | undefined): string | undefined => {
  const given = hintOf(command, failed)
  if (given !== undefined && typeof command.spec.hint === 'function') return given
  const both = [given, ownHint(command, failed, host, user)].filter((hint) => hint !== undefined)
  return both.length === 0 ? undefined : both.join('\n')
}

/** The hint that the author of the command gave for this failure, if any. */
export const hintOf = (command: Command, failed: Failed): string | undefined => {
  const { hint } = command.spec
  return typeof hint === 'function' ? hint(failed) : hint
}

/** What shipit itself knows about a failed command, whoever wrote it: sudo refused it, or its program is not in the PATH. */
const ownHint = (command: Command, failed: Failed, host: Host, user: string | undefined): string | undefined =>
  refused(command, failed, user || host.user || (host.ssh.transport === 'local' ? ownName() : undefined) || 'USER') ?? missing(failed, host)

const refused = ({ spec, ...rest }: Command, { stderr }: Failed, user: string): string | undefined => {
  if (!sudoRefused(stderr)) return undefined
  if (spec.as !== undefined) return allow(user, spec.as, '/bin/sh')
  const typed = /^sudo (?:-n )?(?!-)(.+)$/.exec(display({ spec, ...rest }))?.[1]
  if (typed === undefined) return undefined
  // sudo's own message has the full path of the program
  const told = refusedCommand(stderr)
  const exact = told ?? inUsrBin(typed)
  if (exact === undefined)
    return `sudo does not let ${user} run this without a password: on that host, as ${user}: sudo -l shows what it may run`
  const set = Object.values(spec.env ?? {}).some((value) => value !== null)
  return allow(user, 'root', escaped(exact), set ? ' SETENV:' : '')
}

/** The rule is alone on its line, so that you can copy it. */
const allow = (user: string, as: string, command: string, tags = ''): string =>
  `sudo does not let ${user} run this without a password. As root: visudo -f /etc/sudoers.d/shipit, with the line\n` +
  `${user} ALL=(${as}) NOPASSWD:${tags} ${command}`

/** The command as sudo sees it; undefined if it has a quote, a variable or a wildcard, whose value is not known here. */
const inUsrBin = (typed: string): string | undefined =>
  !/^[\w@%+.,:=/ -]+$/.test(typed) ? undefined : typed.startsWith('/') ? typed : `/usr/bin/${typed}`

/** Escapes the characters that are special in sudoers(5). */
const escaped = (words: string): string => words.replaceAll(/[\\,:=]/g, '\\$&')

const missing = ({ code, stderr }: Failed, host: Host): string | undefined => {
  if (code !== 127) return undefined
  const [, shell, env] = /(?:^|: )([\w.+-]+): (?:command )?not found$|^env: ['‘]?([\w.+-]+?)['’]?: No such file/m.exec(stderr) ?? []
  const name = shell ?? env
  if (name === undefined) return undefined
  const where = shellOn(host, `bash -lc 'command -v ${name}'`)
  return (
    `${name} is not in the PATH of a shell without a login, which does not read ~/.profile or ~/.bashrc. ` +
    `Find its folder: ${where}\nThen env: { PATH: prepend('FOLDER') }, or rbenv() for Ruby`
  )
}
