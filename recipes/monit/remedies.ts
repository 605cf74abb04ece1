import { sudoRefused } from '../../src/index.ts'
import type { Failed, StepsContext } from '../../src/index.ts'
import { sudoersRemedy } from '../../src/kit/index.ts'
import { deployCalls, type Context } from './facts.ts'

/** The words that run Monit. */
export const monitWords = ({
  settings: s,
  layout,
}: Pick<Context, 'settings'> & { readonly layout?: Pick<StepsContext['layout'], 'user'> }) => [
  ...(s.sudo && layout?.user !== 'root' ? ['sudo', '-n'] : []),
  s.monitBin,
]

export const sudoRule = (c: Context): string => {
  const path = c.facts.program ?? '/usr/bin/monit'
  return sudoersRemedy(c, { commands: deployCalls(c).map(({ words: [, ...words] }) => [path, ...words]) })
}

/** The remedy for a failed Monit command. */
export const remedy =
  (c: Context) =>
  ({ code, stdout, stderr }: Failed): string => {
    const output = `${stderr}\n${stdout}`
    if (sudoRefused(output)) return sudoRule(c)
    if (/HTTP interface is not enabled/.test(output))
      return `Monit's commands need its HTTP interface, which is off: add \`set httpd\` to ${c.settings.controlFile}; or, for a Unix socket, set monit({ httpd: true }), then ${c.shipit('monit:install')}`
    if (/daemon is not running|connection error|Connection refused/.test(output)) return 'Monit is not running: systemctl start monit'
    if (/no service named|not found/.test(output) && code !== 127) return `Monit does not know it: ${c.shipit('monit:install')}`
    if (/Does not exist|Execution failed|Not running/i.test(output))
      return 'Monit finds no such process: read the log of the service, and check what Monit looks for: monit procmatch REGEX, or the pidfile'
    if (/Not monitored/.test(output)) return `Monit gave up on it, or its monitoring was stopped: ${c.shipit('monit:monitor')}`
    if (/Initializing|pending/.test(output))
      return 'Monit was busy, perhaps starting something that does not come up: see /var/log/monit.log'
    return code === 127 ? `${c.settings.monitBin} is not in the PATH of this host: set monitBin to its full path` : 'see /var/log/monit.log'
  }
