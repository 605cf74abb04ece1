import { SIDEKIQ } from '../../systemd/service.ts'
import { ownersOf } from '../../systemd/whose/read.ts'
import { ownerFindings } from '../../systemd/whose/refuse.ts'
import { markedBy } from '../../systemd/whose/verdict.ts'
import type { Context } from '../manager.ts'
import { whoseElse } from '../mark.ts'
import type { UnitHost } from './host.ts'
import { shownOf, type UnitFile } from './files.ts'
import { outputs } from './output.ts'
import { userOf } from './place.ts'
import { fileOf } from './retire.ts'

/** The reasons not to write on this host, each with a remedy. */
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
    ...files.map((file) => notOurs(c, file)),
  ]
  return found.filter((one) => one !== false)
}

/**
 * Never replaces what belongs to another application. `--force` replaces a file of unknown origin and keeps a copy of it; it also replaces
 * one with our first line that runs in another folder.
 */
const notOurs = (c: Context, { name, now, foreign }: UnitFile): string | false => {
  const of = ownersOf(c).find((one) => fileOf(one.name) === name)
  const whose = of?.whose
  const force = `sidekiq:install --force keeps it as ${name}.before-shipit`
  if (whose?.kind === 'foreign') {
    const [found] = ownerFindings(c, [of!.name])
    return (!whose.moved || c.args.force !== true) && `${found!.message}: ${found!.remedy}`
  }
  const by = markedBy(now ?? '')
  const theirs = by !== undefined && (by.application !== c.application || by.stage !== c.stage)
  // if a unit runs in our folder, it was written when the application or the stage had another name
  if (foreign && theirs && whose?.kind !== 'ours') return `${name} is there and ${whoseElse(now ?? '')}: ${SIDEKIQ.own(c)}`
  return foreign && c.args.force !== true && `${name} is there and ${whoseElse(now ?? '')}. To replace it: ${force}`
}
