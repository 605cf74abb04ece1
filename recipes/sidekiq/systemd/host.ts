import { sh } from '../../../src/index.ts'
import type { Command, RecipeFacts, Sh } from '../../../src/index.ts'
import type { Asking } from '../manager.ts'
import { versionOf } from './version.ts'

/** What a unit needs to know about its host. */
export interface UnitHost {
  readonly user: string
  readonly group: string
  /** where the stage's commands find bundle; undefined: nowhere */
  readonly bundle: string | undefined
  readonly path: readonly string[]
  readonly rbenv: { readonly version: string; readonly root: string }
  readonly kill: string
  /** the version in the live release, or in the newest; undefined: no release, or no Gemfile.lock in it */
  readonly sidekiq: readonly number[] | undefined
  /** systemd's version; undefined if it is not known */
  readonly systemd: number | undefined
  /** by config file: its `:timeout:`, which `-t` overrides */
  readonly timeouts: Readonly<Record<string, number>>
}

/** The tag for commands that run as Sidekiq's user. */
export const asOwner = ({ settings: { user }, host }: Pick<Asking, 'settings' | 'host'>): Sh =>
  user === null || user === host.user ? sh : sh.as(user)

/** Reads {@link UnitHost} in the environment of the stage's commands, rbenv's shims included. */
export const readHost = (c: Asking): Command =>
  asOwner(c)`
say() { printf '%s %s\n' "$1" "$2"; }
say user "$(id -un)"
say group "$(id -gn)"
say bundle "$(command -v bundle || :)"
say path "$PATH"
say rbenv_version "\${RBENV_VERSION:-}"
say rbenv_root "\${RBENV_ROOT:-}"
for one in /bin/kill /usr/bin/kill; do if [ -x "$one" ]; then say kill "$one"; break; fi; done
say systemd "$(${c.settings.systemctlBin} --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')"
dir=${c.paths.current}
if [ ! -d "$dir" ]; then for one in ${c.paths.releases}/*; do dir=$one; done; fi
say sidekiq "$(sed -n 's/^    sidekiq (\([0-9][^)]*\))$/\1/p' "$dir/Gemfile.lock" 2>/dev/null)"
for one in ${c.settings.configFiles}; do
  say "timeout $one" "$(sed -n 's/^ *:\{0,1\}timeout: *\([0-9][0-9]*\) *$/\1/p' "$dir/config/$one" 2>/dev/null | sed -n 1p)"
done
`.probe()

/** Parses the output of {@link readHost}; undefined if the host could not be asked. */
export const hostOf = (facts: RecipeFacts): UnitHost | undefined => {
  if (facts.host?.ok !== true) return undefined
  const said = new Map<string, string>()
  for (const row of facts.host.stdout.split('\n')) {
    const at = row.lastIndexOf(' ')
    if (/^(path|bundle|rbenv_root) /.test(row)) said.set(row.slice(0, row.indexOf(' ')), row.slice(row.indexOf(' ') + 1))
    else if (at > 0) said.set(row.slice(0, at), row.slice(at + 1))
  }
  const of = (key: string): string => said.get(key) ?? ''
  return {
    user: of('user'),
    group: of('group'),
    // a shell alias or function is not a program
    bundle: of('bundle').startsWith('/') ? of('bundle') : undefined,
    path: of('path')
      .split(':')
      .filter((dir) => dir.startsWith('/')),
    rbenv: { version: of('rbenv_version'), root: of('rbenv_root') },
    kill: of('kill') || '/bin/kill',
    sidekiq: versionOf(said.get('sidekiq')),
    systemd: Number(of('systemd')) || undefined,
    timeouts: Object.fromEntries(
      [...said].flatMap(([key, n]) => (key.startsWith('timeout ') && n !== '' ? [[key.slice(8), Number(n)]] : [])),
    ),
  }
}
