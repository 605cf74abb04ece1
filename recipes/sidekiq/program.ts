import { path, sh } from '../../src/index.ts'
import type { Command, Path } from '../../src/index.ts'
import { atLeast, parseVersion } from '../../src/kit/index.ts'
import { BUNDLER, RAILS } from '../by-name.ts'
import { programEnv } from '../systemd/services.ts'
import type { HostRows, UnitHost } from '../systemd/services.ts'
import type { SidekiqHost } from './known.ts'
import type { Asking, Context } from './manager.ts'

type Program = Pick<Context, 'settings' | 'settingsOf' | 'stage'>
/** What is known about a host; undefined before it was read. */
type Host = (UnitHost & SidekiqHost) | undefined

/**
 * The words that run Sidekiq in a unit or a job. Whatever starts it replaces itself with it (`exec`), so that Sidekiq is the main process.
 * `named`: whether config/sidekiq.yml is named too, which Sidekiq 6 finds by itself, and can do without.
 */
export const commandOf = (c: Program, host: Host, configFile: string, named = false): readonly string[] => {
  const { settings: s } = c
  const bundle = s.bundlerPath ?? host?.programs['bundle']
  return [
    // the shell gets the words as arguments and interprets none of them
    ...(s.useLoginShell ? ['/bin/bash', '-lc', 'exec "$@"', s.command] : []),
    // without a path, `env` looks for bundle when Sidekiq starts. A login shell has its own PATH
    ...(bundle === undefined && !s.useLoginShell ? ['/usr/bin/env'] : []),
    bundle ?? 'bundle',
    'exec',
    s.command,
    '-e',
    railsEnvOf(c),
    ...(configFile === 'sidekiq.yml' && !named ? [] : ['-C', `config/${configFile}`]),
    ...(s.concurrency === null ? [] : ['-c', String(s.concurrency)]),
    ...s.queues.flatMap((queue) => ['-q', queue]),
    '-t',
    String(s.timeout),
    ...s.commandArgs,
  ]
}

/** What Sidekiq's environment needs to find and run this bundle. A login shell has its own. */
export const bundleEnv = ({ settings: s }: Program, host: Host): readonly (readonly [string, string])[] =>
  host === undefined || s.useLoginShell ? [] : programEnv(host, [s.bundlerPath ?? host.programs['bundle']])

/** Sidekiq's RAILS_ENV and `-e`: the setting, that of `rails()`, or the stage's name. */
export const railsEnvOf = (c: Pick<Context, 'settings' | 'settingsOf' | 'stage'>): string =>
  c.settings.railsEnv ?? c.settingsOf(RAILS)?.railsEnv ?? c.stage

/** The lock file with the gem versions, relative to a release. */
export const lockfileOf = (c: Pick<Context, 'settingsOf'>): string => `${c.settingsOf(BUNDLER)?.gemfile ?? 'Gemfile'}.lock`

/** Paths of the settings: relative ones are in `shared`. */
export const inShared = ({ paths }: Pick<Context, 'paths'>, file: string): Path =>
  /^[/~]/.test(file) ? path(file) : paths.shared.join(file)

/** Whether a command is Sidekiq's own, whose process title shows that it is up. */
export const isSidekiqItself = (command: string): boolean => /(^|\/)sidekiq(swarm)?$/.test(command)

/** Reads the version of Sidekiq and the timeouts of its config files, of the live release or else the newest. */
export const sidekiqHost = {
  more: (c: Asking): Command => sh`dir=${c.paths.current}
if [ ! -d "$dir" ]; then for one in ${c.paths.releases}/*; do dir=$one; done; fi
say sidekiq "$(sed -n 's/^    sidekiq (\([0-9][^)]*\))$/\1/p' "$dir/Gemfile.lock" 2>/dev/null)"
for one in ${c.settings.configFiles}; do
  say "timeout $one" "$(sed -n 's/^ *:\{0,1\}timeout: *\([0-9][0-9]*\) *$/\1/p' "$dir/config/$one" 2>/dev/null | sed -n 1p)"
done`,
  parse: (rows: HostRows): SidekiqHost => ({
    sidekiq: parseVersion(rows.get('sidekiq')),
    timeouts: Object.fromEntries(
      [...rows].flatMap(([key, n]) => (key.startsWith('timeout ') && n !== '' ? [[key.slice(8), Number(n)]] : [])),
    ),
  }),
}

type Version = readonly number[] | undefined

/** Since 6.0.6, Sidekiq notifies systemd when it is up (`sd_notify`). An unknown version counts as newer. */
export const notifies = (version: Version): boolean => version === undefined || atLeast(version, [6, 0, 6])

/** The signal that quiets Sidekiq: USR1 up to 4.2.8, TSTP from 4.2.9 on; from 6 on, USR1 ends it. An unknown version counts as newer. */
export const quietSignalOf = (version: Version): 'TSTP' | 'USR1' =>
  version !== undefined && !atLeast(version, [4, 2, 9]) ? 'USR1' : 'TSTP'
