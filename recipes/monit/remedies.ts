import { fail, sudoRefused } from '../../src/index.ts'
import type { Failed, StepList } from '../../src/index.ts'
import { sudoersRule } from '../sudo/file.ts'
import { escaped } from '../systemd/remedies.ts'
import { watched, type Context } from './watched.ts'

type Words = readonly string[]

/** The words that run Monit. */
export const monit = (c: Pick<Context, 'settings'> & { readonly layout?: Pick<Context['layout'], 'user'> }): Words => [
  ...(c.settings.sudo && c.layout?.user !== 'root' ? ['sudo', '-n'] : []),
  c.settings.monitBin,
]

/** The commands of a deploy, for sudoers. */
export const sudoWords = (c: Context): readonly Words[] => {
  const [first, , ...bin] = monit(c)
  if (first !== 'sudo') return []
  return watched(c).flatMap(({ name }) => [
    [...bin, 'unmonitor', name],
    [...bin, 'monitor', name],
    [...bin, '-B', 'status', name],
  ])
}

export const sudoRule = (c: Context): string => {
  const user = c.layout.user || 'deploy'
  const path = c.facts.monit?.ok === true ? c.facts.monit.stdout.trim() : '/usr/bin/monit'
  const commands = sudoWords(c).map(([, ...words]) => [path, ...words].map(escaped).join(' '))
  return `${user} may not do this through sudo without a password. ${sudoersRule(c, user, `(root) NOPASSWD: ${commands.join(', ')}`)}`
}

/** The remedy for a failed Monit command. */
export const remedy =
  (c: Context) =>
  ({ code, stdout, stderr }: Failed): string | undefined => {
    const said = `${stderr}\n${stdout}`
    if (sudoRefused(said)) return sudoRule(c)
    if (/HTTP interface is not enabled/.test(said))
      return `Monit's commands go through its HTTP interface, which is off: write \`set httpd\` into ${c.settings.controlFile}; or, for a Unix socket, monit({ httpd: true }), then ${c.shipit('monit:install')}`
    if (/daemon is not running|connection error|Connection refused/.test(said)) return 'Monit does not run: systemctl start monit'
    if (/no service named|not found/.test(said) && code !== 127) return `Monit does not know it: ${c.shipit('monit:install')}`
    if (/Does not exist|Execution failed|Not running/i.test(said))
      return 'Monit finds no such process: see the log of the service; and what it looks for: monit procmatch REGEX, or the pidfile'
    if (/Not monitored/.test(said)) return `Monit has given it up, or somebody told it to: ${c.shipit('monit:monitor')}`
    if (/Initializing|pending/.test(said))
      return 'Monit was busy, perhaps with starting something that does not come up: see /var/log/monit.log'
    return code === 127 ? `${c.settings.monitBin} is not in the PATH of this host: set monitBin to its full path` : 'see /var/log/monit.log'
  }

export const installed = (c: Pick<Context, 'facts'>): boolean => c.facts.monit?.ok === true

/** The step for a host without Monit: it fails, or with `optional` only warns. */
export const notInstalled = (c: Context): StepList => {
  const text = `Monit is not installed on this host: there is no ${c.settings.monitBin}`
  const command = fail(text).title('look for Monit')
  return c.settings.optional
    ? [command.allowFailure()]
    : [
        command.hint(
          `install it (apt-get install monit), then ${c.shipit('monit:install')}; or monit({ optional: true }), for hosts without it`,
        ),
      ]
}
