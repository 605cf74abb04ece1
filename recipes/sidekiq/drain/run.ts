import { path, secret, sh } from '../../../src/index.ts'
import type { Command, EnvMap, Path, Secret, Sh } from '../../../src/index.ts'
import { absolute } from '../../absolute.ts'
import { bundler } from '../../bundler.ts'
import type { Asking, Context, Manager } from '../manager.ts'
import { railsEnvOf } from '../systemd/env.ts'
import { APP, LOAD, WHERE } from './ruby/where.ts'
import { REDIS } from './ruby/redis.ts'

type C = Context | Asking
type Options = Readonly<Record<string, unknown>>

/** Exit code of a host without Ruby. */
export const NO_RUBY = 8

/**
 * Runs a program that talks to Redis with the host's own Ruby. Its options are one argument. On stdin it gets the output of `before` and a
 * line with a dot, if `before` is given, and then the manager's `pids`.
 */
export const asking = (c: C, by: Manager, program: string, options: Options, before?: Command): Command => {
  const { tag, lines } = place(c, by)
  return before === undefined
    ? tag`${lines}
${ruby}
${whole(c)}
pids | ${run(c, program, options)}`
    : tag`${lines}
${ruby}
${whole(c)}
{
${before}
echo .
pids
} | ${run(c, program, options)}`
}

/**
 * The same, repeated while it exits with 10 because a process has ended meanwhile. Does nothing if no process runs. `quiet` runs when a
 * process takes jobs (6) because it started after the quiet, three times at most.
 */
export const askingAgain = (c: C, by: Manager, program: string, options: Options, quiet?: Command): Command => {
  const { tag, lines } = place(c, by)
  return tag`${lines}
case $(pids) in (*' '[1-9]*) ;; (*) exit 0 ;; esac
${ruby}
${whole(c)}
export SHIPIT_BEGAN=$(date +%s)
code=10 told=0
while [ "$code" = 10 ]; do
  code=0
  pids | ${run(c, program, options)} || code=$?
  ${quiet === undefined ? sh`:` : sh`if [ "$code" = 6 ] && [ "$told" -lt 3 ]; then told=$((told + 1)); echo 'quieting it once more'; ${quiet}; code=10; fi`}
  if [ "$code" = 10 ]; then sleep 1; fi
done
exit "$code"`
}

/** Runs a program under the application's bundler, in this run's release. `argument` is passed unchanged. */
export const askingBundle = (c: C, by: Manager, program: string, argument: string): Command => {
  const { tag, lines } = place(c, by)
  return tag`${lines}
cd ${c.paths.release}
export RAILS_ENV=${railsEnvOf(c)}
pids | bundle exec ruby -e ${text(program)} -- ${optionsOf(c, {})} ${argument}`
}

/** Which user to run as, and where. `pids` is a shell function. */
export const place = (c: C, by: Manager): { tag: Sh; lines: Command } => {
  const { manager, serviceUnitUser, user } = c.settings
  const login = 'layout' in c ? c.layout.user : c.host.user
  // any account can ask about a system unit; only the owner can ask about a user's own
  const other = user !== null && user !== login && (manager === 'signals' || (manager === 'systemd' && serviceUnitUser === 'user'))
  // only a command's text can be embedded in another, so `tag` sets the user
  const pids = by.pids({ ...c, settings: { ...c.settings, user: null }, facts: {} } as Context)
  const bus =
    manager === 'systemd' && serviceUnitUser === 'user' ? sh`export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"` : sh`:`
  return {
    tag: (other ? sh.as(user) : sh).env(environment(c)),
    lines: sh`cd ${c.paths.current} 2>/dev/null || :
${bus}
pids() (
${pids}
)`,
  }
}

/** The ruby in the PATH, or else the one that Sidekiq runs in. */
const ruby = sh`ruby=ruby
if ! ruby --disable-gems -e 0 2>/dev/null; then
  ruby=
  for pid in $(pids | sed -n 's/.* \([1-9][0-9]*\)$/\1/p'); do
    exe=$(readlink "/proc/$pid/exe") || continue
    case \${exe##*/} in (ruby*) ruby=$exe; break ;; esac
  done
fi
if [ -z "$ruby" ]; then echo 'no ruby in the PATH, and shipit needs one to ask Redis' >&2; exit ${NO_RUBY}; fi`

/** Asks the application where its Redis is. The output may contain the password, so it stays in the environment. */
const whole = (c: C): Command => {
  const { from } = c.settings.redis
  if (from === null || c.settings.redis.url !== null) return sh`:`
  const file = from === 'app' ? [] : [from.app]
  return sh`SHIPIT_APP=$(RAILS_ENV=${railsEnvOf(c)} bundle exec ruby -e ${`${LOAD}${APP}`.trim()} -- ${file} 2>&1 </dev/null | tail -c 8000); export SHIPIT_APP`
}

const run = (c: C, program: string, options: Options): Command => sh`"$ruby" --disable-gems -e ${text(program)} -- ${optionsOf(c, options)}`

const text = (program: string): string =>
  `${REDIS}\nOPTIONS = JSON.parse(ARGV[0].dup.force_encoding(Encoding::UTF_8))\n${WHERE}${program}`.trim()

const optionsOf = (c: C, options: Options): string => {
  const { redis, serviceUnitEnvFiles } = c.settings
  const file = (name: string, needed: boolean) => ({ path: plain(c, inShared(c, name.replace(/^-/, ''))), needed })
  return JSON.stringify({
    ...options,
    app: redis.from === null ? undefined : redis.from === 'app' ? true : redis.from.app,
    source: addressOf(c)?.source,
    files: [...redis.envFile.map((name) => file(name, true)), ...serviceUnitEnvFiles.map((name) => file(name, false))],
    namespace: redis.namespace ?? undefined,
    verify: redis.tlsVerify,
    lockfile: lockfile(c),
  })
}

const lockfile = (c: C): string => `${c.settingsOf(bundler)?.gemfile ?? 'Gemfile'}.lock`

const inShared = ({ paths }: C, place: string): Path => (/^[/~]/.test(place) ? path(place) : paths.shared.join(place))

/** `~` is the home of the login user, even for a program that runs as somebody else. */
export const plain = (c: C, place: Path): string => ('layout' in c ? absolute(c, place) : String(place))

const environment = (c: C): EnvMap => {
  const none: EnvMap = { RUBYOPT: null }
  const address = addressOf(c)
  return address === undefined ? none : { ...none, SHIPIT_REDIS_URL: masked(address.url) }
}

/**
 * The address in the config: the setting, or else the unit's environment, read as Sidekiq reads it. If the application is asked (`from`),
 * its answer replaces the environment.
 */
const addressOf = ({ settings: { redis, serviceUnitEnvVars: vars } }: C): { url: string | Secret; source: string } | undefined => {
  if (redis.url !== null) return { url: redis.url, source: 'redis.url' }
  const name = [String(vars['REDIS_PROVIDER']), 'REDIS_URL'].find((one) => String(vars[one] ?? '') !== '')
  return redis.from !== null || name === undefined ? undefined : { url: String(vars[name]), source: `${name} of serviceUnitEnvVars` }
}

/** An address with a password is a secret, whether or not it is marked as one. */
const masked = (url: string | Secret): string | Secret => (typeof url === 'string' && url.includes('@') ? secret(url) : url)
