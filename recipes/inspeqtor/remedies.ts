import type { Failed, StepList } from '../../src/index.ts'
import { fail, sudoRefused } from '../../src/index.ts'
import { sudoersRule } from '../sudo/file.ts'
import { escaped } from '../systemd/remedies.ts'
import { sudoWords, toolOf } from './talk.ts'
import type { Context } from './watched.ts'

/** How to install Inspeqtor; no distribution packages it. */
export const GET = 'https://github.com/mperham/inspeqtor/wiki/Installation says how'

/** The remedy if Inspeqtor could not be reached. */
export const remedy =
  (c: Context) =>
  ({ code, stdout, stderr }: Failed): string => {
    const said = `${stderr}\n${stdout}`
    if (sudoRefused(said)) return sudoRule(c)
    if (/Permission denied|EACCES|Errno 13/.test(said))
      return c.settings.sudo ? `look at ${c.settings.socket}: root itself may not` : `${c.settings.socket} is root's: leave out sudo: false`
    if (/No such file|Connection refused|ENOENT|ECONNREFUSED|Errno (2|111)\b/.test(said))
      return `Inspeqtor does not run, or listens elsewhere: start it (systemctl start inspeqtor, initctl start inspeqtor), or set socket to what its -s says`
    if (code === 127 || /invalid option|usage: nc|not found/.test(said))
      return `nothing on this host can speak to a Unix socket: install netcat-openbsd (nc -U), or Ruby, or Python 3`
    return `see what Inspeqtor logs: journalctl -u inspeqtor, or /var/log/upstart/inspeqtor.log`
  }

/** The sudo rule that allows the deploy user these requests, and nothing else. */
export const sudoRule = (c: Context): string => {
  const user = c.layout.user || 'deploy'
  const { path } = toolOf(c.facts)
  const lines = sudoWords(c).map(([bin = '', ...rest]) => [path || `/usr/bin/${bin}`, ...rest].map(escaped).join(' '))
  return `${user} may not speak to ${c.settings.socket} through sudo without a password. ${sudoersRule(c, user, `(root) NOPASSWD: ${lines.join(', ')}`)}`
}

/** The step for a host without Inspeqtor: it fails, or with `optional` only warns. */
export const notInstalled = (c: Context): StepList => {
  const text = `Inspeqtor is not installed on this host: there is no ${c.settings.inspeqtorBin}`
  const command = fail(text).title('look for Inspeqtor')
  return c.settings.optional
    ? [command.allowFailure()]
    : [command.hint(`install it (${GET}), then ${c.shipit('inspeqtor:install')}; or inspeqtor({ optional: true }), for hosts without it`)]
}

export const installed = (c: Pick<Context, 'facts'>): boolean => c.facts.inspeqtor?.ok === true
