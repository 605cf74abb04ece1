import { sh, words } from '../../../src/index.ts'
import type { Command, Path } from '../../../src/index.ts'
import { bundler } from '../../bundler.ts'
import type { Context } from '../manager.ts'
import { railsEnvOf } from '../systemd/env.ts'
import { asOwner, FUNCTIONS, inShared, lockfile, placesOf, type Process } from './processes.ts'
import { mayNot, running } from './stop.ts'

type Processes = readonly Process[]

/** Leaves running processes alone. `fresh`: they must run from the live release. */
export const start = (c: Context, some: Processes, fresh: boolean): Command[] => [
  daemonic(c, c.paths.current),
  prepare(c, some),
  ...some.map((process) => begin(c, process)),
  verify(c, some, fresh),
]

/** Sidekiq 6 and later cannot be a daemon, writes no pidfile, and rejects these flags. */
export const daemonic = (c: Context, release: Path): Command =>
  asOwner(c)`
lock=${release}/${lockfile(c)}
if [ ! -r "$lock" ]; then exit 0; fi
version=$(sed -n 's/^    sidekiq (\([0-9][^)]*\))$/\1/p' "$lock")
case $version in
  ([6-9]*|[1-9][0-9]*) echo "Sidekiq $version ($lock) cannot be a daemon: that ended with 5.2" >&2; exit 1 ;;
esac
`
    .title('check that this Sidekiq can be a daemon')
    .hint("let systemd run it: sidekiq({ manager: 'systemd' })")

const prepare = (c: Context, some: Processes): Command => {
  const dirs = placesOf(c)
  return asOwner(c)`
${FUNCTIONS(c)}
if [ ! -d ${c.paths.current} ]; then echo 'nothing is live here' >&2; exit 3; fi
mkdir -p ${dirs}
for file in ${some.map(({ file }) => file)}; do
  if [ -e "$file" ] && ! in_file "$file"; then echo "stale: $file ($pid)"; rm -f "$file"; fi
done
`
    .title('make room for the pidfiles')
    .hint(
      ({ code, stderr }) =>
        (code === 3 ? `deploy first: ${c.shipit('deploy')}` : undefined) ??
        mayNot(c, stderr) ??
        `the owner of ${dirs.join(' and ')} has to be the user who runs Sidekiq`,
    )
}

/** The flags and their order are those of capistrano-sidekiq 1.x. */
const begin = (c: Context, process: Process): Command => {
  const { concurrency, queues, timeout, signals: s } = c.settings
  const more = [
    ...(s.log === null ? [] : ['--logfile', inShared(c, s.log)]),
    ...s.require.flatMap((file) => ['--require', file]),
    ...(s.tag === null ? [] : ['--tag', s.tag]),
    ...queues.flatMap((queue) => ['--queue', queue]),
    ...(process.config === undefined ? [] : ['--config', process.config]),
    ...(concurrency === null ? [] : ['--concurrency', concurrency]),
    '--timeout',
    timeout,
    ...words(s.optionsPerProcess[process.index] ?? []),
    ...words(s.options),
  ]
  return asOwner(c)
    .in(c.paths.current)
    .env(
      c.settingsOf(bundler)?.env ?? {},
    )`bundle exec sidekiq --index ${process.index} --pidfile ${process.file} --environment ${railsEnvOf(c)} ${more} --daemon`
    .daemon()
    .unless(running(c, process))
    .hint(({ code, stderr }) => mayNot(c, stderr) ?? refused(code, stderr))
}

const refused = (code: number | undefined, stderr: string): string | undefined => {
  if (/invalid option/.test(stderr)) return "this Sidekiq does not know a flag: is it 6 or later? Then manager: 'systemd'"
  if (/set a logfile/.test(stderr)) return 'as a daemon it needs a log file: set signals.log'
  return code === 127 ? 'bundle, or sidekiq in the Gemfile, is not there: use bundler() before sidekiq()' : undefined
}

/**
 * The pidfile shows that it began. Its title, `sidekiq 5.2.7 shop [0 of 25 busy]`, shows that it is up: Sidekiq sets it once the
 * application is loaded and Redis answers.
 */
const verify = (c: Context, some: Processes, fresh: boolean): Command => {
  const { boot, log } = c.settings.signals
  const elsewhere = sh`if ! [ "/proc/$pid/cwd" -ef ${c.paths.current} ]; then echo "$file: $pid is the old process: it runs in $cwd" >&2; exit 4; fi`
  const command = asOwner(c)`
${FUNCTIONS(c)}
seconds=${boot}
end=$(($(date +%s) + seconds))
for file in ${some.map(({ file }) => file)}; do
  began= gone=
  while :; do
    if in_file "$file"; then
      began=$pid gone=
      if tr '\0' '\n' < "/proc/$pid/cmdline" | grep -qE '^sidekiq [0-9]'; then break; fi
    elif [ -n "$began$pid" ]; then
      # twice: a title can be read while it is written
      if [ -n "$gone" ]; then echo "$file: Sidekiq \${pid:-$began} ended while it came up" >&2; exit 5; fi
      gone=1
    fi
    if [ "$(date +%s)" -ge "$end" ]; then
      if [ -n "$began" ]; then echo "$file: Sidekiq $began" ${`is not up after ${boot} s`} >&2; else echo "$file" ${`was not written in ${boot} s`} >&2; fi
      exit 6
    fi
    sleep 0.2 2>/dev/null || sleep 1
  done
  ${fresh ? elsewhere : []}
  echo "$file: $pid is up"
done
`
    .title('check that Sidekiq is up')
    .hint(({ code }) => {
      if (code === 4) return c.shipit('sidekiq:restart')
      if (code === 6)
        return 'does it hang while it loads the application, or wait for Redis? Where it only is slow, set signals.boot higher'
      return log === null ? 'see its log' : `see ${inShared(c, log)} on that host`
    })
  return log === null ? command : command.diagnose(sh`tail -n 25 ${inShared(c, log)}`)
}
