import { sh, words } from '../../../src/index.ts'
import type { Command, Path } from '../../../src/index.ts'
import { BUNDLER } from '../../by-name.ts'
import type { Daemon } from '../known.ts'
import type { Context } from '../manager.ts'
import { inShared, lockfileOf, railsEnvOf } from '../program.ts'
import { markQuiet } from '../quietness.ts'
import { accountHint, asOwner, foldersOf, FUNCTIONS, isRunning, SEND } from './daemons.ts'

type Daemons = readonly Daemon[]
const files = (some: Daemons) => some.toReversed().map(({ file }) => file)

/**
 * USR1 up to 4.2.8, TSTP from 4.2.9 on: TSTP suspends the older ones, and USR1 ends Sidekiq 6 and later. The version is taken from the
 * process's title or, before it has one, from the Gemfile.lock of the release it runs from.
 */
export const quiet = (c: Context, some: Daemons): Command =>
  asOwner(c)`
${FUNCTIONS(c)}
${SEND}
${markQuiet(c)}
for file in ${files(some)}; do
  in_file "$file" || continue
  version=$(tr '\0' '\n' < "/proc/$pid/cmdline" | sed -n 's/^sidekiq \([0-9][0-9.]*\).*/\1/p')
  lock=/proc/$pid/cwd/${lockfileOf(c)}
  if [ -z "$version" ] && [ -r "$lock" ]; then version=$(sed -n 's/^    sidekiq (\([0-9][0-9.]*\).*/\1/p' "$lock"); fi
  case $version in
    ('') echo "the version of Sidekiq $pid ($file) is not known" >&2; exit 3 ;;
    ([0-3].*|4.[01]|4.[01].*|4.2|4.2.[0-8]) signal=USR1 ;;
    (*) signal=TSTP ;;
  esac
  echo "Sidekiq $version: kill -s $signal $pid"
  send "$signal" "$pid"
  sleep 0.2 2>/dev/null || sleep 1
  if ! ours "$pid"; then echo "$file: $pid ended after the quiet signal, and jobs may be lost" >&2; exit 5; fi
  name=\${file##*/}
  mark_quiet "\${name%.pid}" "$pid" 2>/dev/null || :
done
`
    .title('quiet Sidekiq')
    .hint(({ code, stderr }) =>
      code === 3
        ? 'it has no title yet, and its release has no Gemfile.lock: is it still coming up? Try again in a moment'
        : accountHint(c, stderr),
    )

/**
 * Sends TERM to all of them at once. They have `timeout` seconds for their jobs and 10 more to put the rest back into Redis. If one has not
 * ended by then, the step fails and leaves it running, unless `kill` is set.
 */
export const stop = (c: Context, some: Daemons): Command[] => {
  const { timeout, signals } = c.settings
  const seconds = timeout + 10
  const wait = asOwner(c)`
${FUNCTIONS(c)}
${SEND}
left=
for file in ${files(some)}; do
  if in_file "$file"; then
    echo "kill -s TERM $pid"
    send TERM "$pid"
    left="$left $pid"
  fi
done
seconds=${seconds}
end=$(($(date +%s) + seconds))
while [ -n "$left" ]; do
  still=
  for pid in $left; do if ours "$pid"; then still="$still $pid"; fi; done
  left=$still
  if [ -z "$left" ]; then break; fi
  if [ "$(date +%s)" -ge "$end" ]; then echo ${`Sidekiq has not ended ${seconds} s after TERM:`}"$left" >&2; exit 9; fi
  sleep 0.2 2>/dev/null || sleep 1
done
rm -f ${files(some)}
`
    .title('stop Sidekiq')
    .hint(({ code, stderr }) => (code === 9 ? lateHint(stderr) : accountHint(c, stderr)))
  if (!signals.kill) return [wait]
  return [wait.allowFailure({ codes: [9] }), kill(c, some)]
}

/** Seconds that a process may take to disappear after KILL. One that hangs in the kernel does not. */
const GONE = 10

/** After the deadline, with `kill`. Having to kill is a warning; a process that survives it is a failure. */
const kill = (c: Context, some: Daemons): Command =>
  asOwner(c)`
${FUNCTIONS(c)}
${SEND}
killed= left=
for file in ${files(some)}; do
  if in_file "$file"; then send KILL "$pid"; killed="$killed $pid ($file)" left="$left $pid"; fi
done
n=0
for pid in $left; do
  while ours "$pid"; do
    if [ "$n" -ge ${GONE} ]; then echo ${`Sidekiq still runs ${GONE} s after KILL:`}"$left" >&2; exit 8; fi
    sleep 1
    n=$((n + 1))
  done
done
rm -f ${files(some)}
if [ -n "$killed" ]; then echo ${'jobs may be lost: KILL ended Sidekiq'}"$killed" >&2; exit 9; fi
`
    .title('kill processes that have not ended')
    .allowFailure({ codes: [9] })
    .hint(({ code, stderr }) => (code === 8 ? stuckHint(stderr) : accountHint(c, stderr)))

const stuckHint = (stderr: string): string => {
  const pids = /after KILL: *([\d ]+)/.exec(stderr)?.[1]?.trim().split(' ').join(',') ?? 'PID'
  return `it hangs in the kernel, usually on a disk or a network file system. To see where: ps -o pid,stat,wchan:32,args -p ${pids}`
}

const lateHint = (stderr: string): string => {
  const pids = /after TERM: *([\d ]+)/.exec(stderr)?.[1]?.trim() ?? 'PID'
  return `see what its jobs do (kill -s TTIN ${pids} writes that to its log) and wait, or end it, which may lose jobs: kill -s KILL ${pids}. With signals: { kill: true }, shipit does that itself`
}

/** Leaves running processes alone. `fresh`: they must run from the live release. */
export const start = (c: Context, some: Daemons, fresh: boolean): Command[] => [
  verifyCanDaemonize(c, c.paths.current),
  prepare(c, some),
  ...some.map((process) => begin(c, process)),
  verify(c, some, fresh),
]

/** Sidekiq 6 and later cannot be a daemon, writes no pidfile, and rejects these flags. */
export const verifyCanDaemonize = (c: Context, release: Path): Command =>
  asOwner(c)`
lock=${release}/${lockfileOf(c)}
if [ ! -r "$lock" ]; then exit 0; fi
version=$(sed -n 's/^    sidekiq (\([0-9][^)]*\))$/\1/p' "$lock")
case $version in
  ([6-9]*|[1-9][0-9]*) echo "Sidekiq $version ($lock) cannot run as a daemon: 5.2 was the last that could" >&2; exit 1 ;;
esac
`
    .title('check that this Sidekiq can run as a daemon')
    .hint("run it under systemd: sidekiq({ manager: 'systemd' })")

const prepare = (c: Context, some: Daemons): Command => {
  const dirs = foldersOf(c)
  return asOwner(c)`
${FUNCTIONS(c)}
if [ ! -d ${c.paths.current} ]; then echo 'no release is live here' >&2; exit 3; fi
mkdir -p ${dirs}
for file in ${some.map(({ file }) => file)}; do
  if [ -e "$file" ] && ! in_file "$file"; then echo "stale: $file ($pid)"; rm -f "$file"; fi
done
`
    .title('prepare the pidfiles')
    .hint(
      ({ code, stderr }) =>
        (code === 3 ? `deploy first: ${c.shipit('deploy')}` : undefined) ??
        accountHint(c, stderr) ??
        `make the user that runs Sidekiq the owner of ${dirs.join(' and ')}`,
    )
}

/** The flags and their order are those of capistrano-sidekiq 1.x. */
const begin = (c: Context, process: Daemon): Command => {
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
      c.settingsOf(BUNDLER)?.env ?? {},
    )`bundle exec sidekiq --index ${process.index} --pidfile ${process.file} --environment ${railsEnvOf(c)} ${more} --daemon`
    .daemon()
    .unless(isRunning(c, process))
    .hint(({ code, stderr }) => accountHint(c, stderr) ?? argumentHint(code, stderr))
}

const argumentHint = (code: number | undefined, stderr: string): string | undefined => {
  if (/invalid option/.test(stderr)) return "this Sidekiq does not know one of these flags. If it is 6 or later, set manager: 'systemd'"
  if (/set a logfile/.test(stderr)) return 'a daemon needs a log file: set signals.log'
  return code === 127 ? 'bundle is not installed, or sidekiq is not in the Gemfile: use bundler() before sidekiq()' : undefined
}

/**
 * The pidfile shows that it began. Its title, `sidekiq 5.2.7 shop [0 of 25 busy]`, shows that it is up: Sidekiq sets it once the
 * application is loaded and Redis answers.
 */
const verify = (c: Context, some: Daemons, fresh: boolean): Command => {
  const { startTimeout, log } = c.settings.signals
  const elsewhere = sh`if ! [ "/proc/$pid/cwd" -ef ${c.paths.current} ]; then echo "$file: $pid is still the old process, in $cwd" >&2; exit 4; fi`
  const command = asOwner(c)`
${FUNCTIONS(c)}
seconds=${startTimeout}
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
      if [ -n "$began" ]; then echo "$file: Sidekiq $began" ${`is not up after ${startTimeout} s`} >&2; else echo "$file" ${`was not written in ${startTimeout} s`} >&2; fi
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
        return 'does it hang while it loads the application, or wait for Redis? If it is only slow, increase signals.startTimeout'
      return log === null ? 'see its log' : `see ${inShared(c, log)} on that host`
    })
  return log === null ? command : command.diagnose(sh`tail -n 25 ${inShared(c, log)}`)
}
