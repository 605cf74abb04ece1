import type { Context } from '../manager.ts'
import { whoseElse } from '../mark.ts'
import type { UnitHost } from './host.ts'
import { shownOf, type UnitFile } from './files.ts'
import { outputs } from './output.ts'
import { userOf } from './place.ts'

/** Why nothing is written on this host, each with what to do. */
export const problems = (c: Context, host: UnitHost | undefined, files: readonly UnitFile[]): readonly string[] => {
  const { settings: s } = c
  const stop = s.directives.Service.TimeoutStopSec
  const masked = (shownOf(c) ?? []).filter((of) => of.get('LoadState') === 'masked').map((of) => of.get('Id') ?? 'a unit')
  const found: (string | false)[] = [
    c.facts.host?.ok === false && `the host could not be asked as ${userOf(c)}: ${c.facts.host.stderr.trim()}`,
    s.serviceUnitUser === 'system' &&
      s.user === null &&
      c.layout.user === 'root' &&
      `Sidekiq would run as root, who logged in. Say who it runs as: sidekiq({ user: 'deploy' }), or --set sidekiq.user=deploy`,
    outputs(c).length > 0 &&
      (host?.systemd ?? 240) < 240 &&
      `systemd ${host?.systemd} cannot append to a file (240 and newer can): leave \`log\` and \`errorLog\` out, for the journal`,
    typeof stop === 'number' &&
      stop < s.timeout &&
      `TimeoutStopSec=${stop} is less than the timeout of Sidekiq, ${s.timeout} s: systemd would kill it while its jobs run`,
    ...masked.map((name) => `${name} is masked. Unmask it: systemctl ${s.serviceUnitUser === 'user' ? '--user ' : ''}unmask ${name}`),
    ...files
      .filter(({ now }) => now === undefined)
      .map(({ name }) => `${name} cannot be read: ${c.facts[`file${files.findIndex((f) => f.name === name)}`]?.stderr.trim() ?? ''}`),
    ...files
      .filter(({ foreign }) => foreign && c.args.force !== true)
      .map(
        ({ name, now }) =>
          `${name} is there and ${whoseElse(now ?? '')}. To replace it: sidekiq:install --force keeps it as ${name}.before-shipit`,
      ),
  ]
  return found.filter((one) => one !== false)
}
