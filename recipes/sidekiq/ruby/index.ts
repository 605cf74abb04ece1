import { readFileSync } from 'node:fs'
import { secret, sh } from '../../../src/index.ts'
import type { Command, EnvMap, Path, Secret, Sh } from '../../../src/index.ts'
import { expandHome } from '../../../src/kit/index.ts'
import type { Asking, Context, Manager } from '../manager.ts'
import { inShared, lockfileOf, railsEnvOf } from '../program.ts'

/** Programs and parts of programs for a host's Ruby, by name. The build writes their texts into the bundle. */
const ruby = {
  redis: readFileSync(new URL('./redis.rb', import.meta.url), 'utf8'),
  address: readFileSync(new URL('./address.rb', import.meta.url), 'utf8'),
  processes: readFileSync(new URL('./processes.rb', import.meta.url), 'utf8'),
  wait: readFileSync(new URL('./wait.rb', import.meta.url), 'utf8'),
  doctor: readFileSync(new URL('./doctor.rb', import.meta.url), 'utf8'),
  status: readFileSync(new URL('./status.rb', import.meta.url), 'utf8'),
  mark: readFileSync(new URL('./mark.rb', import.meta.url), 'utf8'),
  app: readFileSync(new URL('./app.rb', import.meta.url), 'utf8'),
} as const

type Part = keyof typeof ruby

/** The text of a program that talks to Redis, made of these parts in their order. */
export const redisProgram = (...parts: readonly Part[]): string =>
  [ruby.redis, ruby.address, ...parts.map((part) => ruby[part])].join('\n').trim()

type AnyContext = Context | Asking
type Options = Readonly<Record<string, unknown>>
type Lister = Pick<Manager, 'pids' | 'asOwner'>

/** Exit code of a host without Ruby. */
export const NO_RUBY = 8
export const SET_PATH = "put a ruby into the PATH: rbenv(), or env: { PATH: prepend('/opt/ruby/bin') }"

/** The remedy if shipit looks for Redis in the wrong place. */
export const SET_REDIS = "set where Sidekiq's Redis is: redis: { url: 'redis://…' }, { envFile: '.env' } or { from: 'app' }"

/**
 * Runs a program that talks to Redis with the host's own Ruby. Its options are one argument. On stdin it gets the output of `before` and a
 * line with a dot, if `before` is given, and then the manager's `pids`.
 */
export const askRedis = (c: AnyContext, by: Lister, program: Part, options: Options, before?: Command): Command => {
  const { tag, setup } = processShell(c, by)
  const input =
    before === undefined
      ? sh`pids`
      : sh`{
${before}
echo .
pids
}`
  return tag`${setup}
${FIND_RUBY}
${askApp(c)}
${input} | ${runRuby(c, program, options)}`
}

/**
 * The same, repeated while it exits with 10 because a process has ended meanwhile. Does nothing if no process runs. `quiet` runs when a
 * process takes jobs (6) because it started after the quiet, three times at most.
 */
export const askRedisUntilSettled = (c: AnyContext, by: Lister, program: Part, options: Options, quiet?: Command): Command => {
  const { tag, setup } = processShell(c, by)
  return tag`${setup}
case $(pids) in (*' '[1-9]*) ;; (*) exit 0 ;; esac
${FIND_RUBY}
${askApp(c)}
export SHIPIT_BEGAN=$(date +%s)
code=10 tries=0
while [ "$code" = 10 ]; do
  code=0
  pids | ${runRuby(c, program, options)} || code=$?
  ${quiet === undefined ? sh`:` : sh`if [ "$code" = 6 ] && [ "$tries" -lt 3 ]; then tries=$((tries + 1)); echo 'quieting Sidekiq again'; ${quiet}; code=10; fi`}
  if [ "$code" = 10 ]; then sleep 1; fi
done
exit "$code"`
}

/** Marks the deploy under the application's bundler, in this run's release. The label is passed unchanged. */
export const markInBundle = (c: AnyContext, by: Lister, label: string): Command => {
  const { tag, setup } = processShell(c, by)
  return tag`${setup}
cd ${c.paths.release}
export RAILS_ENV=${railsEnvOf(c)}
pids | bundle exec ruby -e ${redisProgram('app', 'mark')} -- ${optionsOf(c, {})} ${label}`
}

/** Runs `body` for each running process, with its `name` and `pid`, after the shell functions that it uses. Exits with the `code` that it sets. */
export const forEachProcess = (c: AnyContext, by: Lister, functions: Command, body: Command): Command => {
  const { tag, setup } = processShell(c, by)
  return tag`${setup}
${functions}
pids | {
  code=0
  while read -r name pid; do
    case $pid in (''|0) continue ;; esac
    ${body}
  done
  exit "$code"
}`
}

/** The same as {@link ownerShell}, with the environment of a program that asks Redis. */
const processShell = (c: AnyContext, by: Lister): { tag: Sh; setup: Command } => {
  const { tag, setup } = ownerShell(c, by)
  return { tag: tag.env(environment(c)), setup }
}

/** The tag for the user that can list the processes, and shell lines with the function `pids`. */
export const ownerShell = (c: AnyContext, by: Lister): { tag: Sh; setup: Command } => {
  const { user } = c.settings
  const login = 'layout' in c ? c.layout.user : c.host.user
  const owner = by.asOwner?.(c.settings)
  // only a command's text can be embedded in another, so `tag` sets the user
  const pids = by.pids({ ...c, settings: { ...c.settings, user: null }, facts: {} })
  return {
    tag: owner !== undefined && user !== null && user !== login ? sh.as(user) : sh,
    setup: sh`cd ${c.paths.current} 2>/dev/null || :
${owner ?? sh`:`}
pids() (
${pids}
)`,
  }
}

/** The ruby in the PATH, or else the one that Sidekiq runs in. */
const FIND_RUBY = sh`ruby=ruby
if ! ruby --disable-gems -e 0 2>/dev/null; then
  ruby=
  for pid in $(pids | sed -n 's/.* \([1-9][0-9]*\)$/\1/p'); do
    exe=$(readlink "/proc/$pid/exe") || continue
    case \${exe##*/} in (ruby*) ruby=$exe; break ;; esac
  done
fi
if [ -z "$ruby" ]; then echo 'there is no ruby in the PATH, and shipit needs one to ask Redis' >&2; exit ${NO_RUBY}; fi`

/** Asks the application where its Redis is. The output may contain the password, so it stays in the environment. */
const askApp = (c: AnyContext): Command => {
  const { from, url } = c.settings.redis
  if (from === null || url !== null) return sh`:`
  const file = from === 'app' ? [] : [from.app]
  return sh`SHIPIT_APP=$(RAILS_ENV=${railsEnvOf(c)} bundle exec ruby -e ${`${ruby.app}print_app_redis(ARGV[0])`} -- ${file} 2>&1 </dev/null | tail -c 8000); export SHIPIT_APP`
}

const runRuby = (c: AnyContext, program: Part, options: Options): Command =>
  sh`"$ruby" --disable-gems -e ${redisProgram('processes', program)} -- ${optionsOf(c, options)}`

const optionsOf = (c: AnyContext, options: Options): string => {
  const { redis, serviceUnitEnvFiles } = c.settings
  const file = (name: string, required: boolean) => ({ path: programPath(c, inShared(c, name.replace(/^-/, ''))), required })
  return JSON.stringify({
    ...options,
    app: redis.from === null ? undefined : redis.from === 'app' ? true : redis.from.app,
    source: addressOf(c)?.source,
    files: [...redis.envFile.map((name) => file(name, true)), ...serviceUnitEnvFiles.map((name) => file(name, false))],
    namespace: redis.namespace ?? undefined,
    verify: redis.tlsVerify,
    lockfile: lockfileOf(c),
  })
}

/** A path as a program can open it: `~` is the home of the login user, even if the program runs as another user. */
export const programPath = (c: AnyContext, path: Path): string => ('layout' in c ? expandHome(c, path) : String(path))

/** The environment of a program that talks to Redis. The address may hold a password, so it is a secret, and never an argument. */
const environment = (c: AnyContext): EnvMap => {
  const url = addressOf(c)?.url
  if (url === undefined) return { RUBYOPT: null }
  return { RUBYOPT: null, SHIPIT_REDIS_URL: typeof url === 'string' && url.includes('@') ? secret(url) : url }
}

/**
 * The address in the config: the setting, or else the unit's environment, read as Sidekiq reads it. If the application is asked (`from`),
 * its answer replaces the environment.
 */
const addressOf = ({ settings }: AnyContext): { url: string | Secret; source: string } | undefined => {
  const { redis, serviceUnitEnvVars: vars } = settings
  if (redis.url !== null) return { url: redis.url, source: 'redis.url' }
  const name = [String(vars['REDIS_PROVIDER']), 'REDIS_URL'].find((one) => String(vars[one] ?? '') !== '')
  return redis.from !== null || name === undefined ? undefined : { url: String(vars[name]), source: `${name} of serviceUnitEnvVars` }
}
