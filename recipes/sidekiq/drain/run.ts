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

/** Exit code of a host without a Ruby. */
export const NO_RUBY = 8

/**
 * A program that knows Redis, by the host's own Ruby: what it is told is one argument; `pids` of the manager come on its stdin, behind
 * what `before` prints and a line with a dot.
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
 * The same, again and again while it says (10) that a process has ended meanwhile. Nothing runs where no process does. `quiet`: what to
 * do, three times at most, about one that takes jobs (6), because it was started after the quiet.
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

/** A program under the application's bundler, in the release of this run; `argument` reaches it as it is. */
export const askingBundle = (c: C, by: Manager, program: string, argument: string): Command => {
  const { tag, lines } = place(c, by)
  return tag`${lines}
cd ${c.paths.release}
export RAILS_ENV=${railsEnvOf(c)}
pids | bundle exec ruby -e ${text(program)} -- ${optionsOf(c, {})} ${argument}`
}

/** As whom, and from where; `pids` is a function of the shell. */
export const place = (c: C, by: Manager): { tag: Sh; lines: Command } => {
  const { manager, serviceUnitUser, user } = c.settings
  const login = 'layout' in c ? c.layout.user : c.host.user
  // a system unit is asked of by anybody; of what is another user's own, only that one can ask
  const other = user !== null && user !== login && (manager === 'signals' || (manager === 'systemd' && serviceUnitUser === 'user'))
  // only the text of a command can stand in another: as whom it runs, is said here
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

/** Ruby of the PATH; else the one that Sidekiq runs in. */
const ruby = sh`ruby=ruby
if ! ruby --disable-gems -e 0 2>/dev/null; then
  ruby=
  for pid in $(pids | sed -n 's/.* \([1-9][0-9]*\)$/\1/p'); do
    exe=$(readlink "/proc/$pid/exe") || continue
    case \${exe##*/} in (ruby*) ruby=$exe; break ;; esac
  done
fi
if [ -z "$ruby" ]; then echo 'no ruby in the PATH, and shipit needs one to ask Redis' >&2; exit ${NO_RUBY}; fi`

/** The application says where its Redis is. What it prints may hold the password: it stays in the environment. */
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

/** `~` is the home of who logs in, also for a program that runs as somebody else. */
export const plain = (c: C, place: Path): string => ('layout' in c ? absolute(c, place) : String(place))

const environment = (c: C): EnvMap => {
  const none: EnvMap = { RUBYOPT: null }
  const address = addressOf(c)
  return address === undefined ? none : { ...none, SHIPIT_REDIS_URL: masked(address.url) }
}

/** What the config itself says, by the setting or in the unit's environment; there as Sidekiq reads it. The application, where asked, knows better than the latter. */
const addressOf = ({ settings: { redis, serviceUnitEnvVars: vars } }: C): { url: string | Secret; source: string } | undefined => {
  if (redis.url !== null) return { url: redis.url, source: 'redis.url' }
  const name = [String(vars['REDIS_PROVIDER']), 'REDIS_URL'].find((one) => String(vars[one] ?? '') !== '')
  return redis.from !== null || name === undefined ? undefined : { url: String(vars[name]), source: `${name} of serviceUnitEnvVars` }
}

/** An address with a password is a secret, whether it was said to be or not. */
const masked = (url: string | Secret): string | Secret => (typeof url === 'string' && url.includes('@') ? secret(url) : url)
