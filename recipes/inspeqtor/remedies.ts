import type { Failed } from '../../src/index.ts'
import { sudoRefused } from '../../src/index.ts'
import { sudoersRemedy } from '../../src/kit/index.ts'
import { sudoCalls } from './control-socket.ts'
import type { Context } from './facts.ts'

/** The remedy if Inspeqtor could not be reached. */
export const remedy =
  (c: Context) =>
  ({ code, stdout, stderr }: Failed): string => {
    const output = `${stderr}\n${stdout}`
    const { socket, sudo } = c.settings
    if (sudoRefused(output)) return sudoRule(c)
    if (/Permission denied|EACCES|Errno 13/.test(output))
      return sudo ? `${socket} refuses even root: check its permissions` : `${socket} belongs to root: remove sudo: false`
    if (/No such file|Connection refused|ENOENT|ECONNREFUSED|Errno (2|111)\b/.test(output))
      return `Inspeqtor is not running, or listens elsewhere: start it (systemctl start inspeqtor, initctl start inspeqtor), or set socket to the path that its -s names`
    if (code === 127 || /invalid option|usage: nc|not found/.test(output))
      return `nothing on this host can talk to a Unix socket: install netcat-openbsd (nc -U), or Ruby, or Python 3`
    return `see what Inspeqtor logs: journalctl -u inspeqtor, or /var/log/upstart/inspeqtor.log`
  }

/** The sudo rule that allows the deploy user these requests, and nothing else. */
export const sudoRule = (c: Context): string => {
  const commands = sudoCalls(c).map(({ words: [bin = '', ...rest] }) => [c.facts.client?.path || `/usr/bin/${bin}`, ...rest])
  return sudoersRemedy(c, { commands, may: `talk to ${c.settings.socket}` })
}
