import { sh, sudoRefused } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import type { Context } from '../manager.ts'
import { markQuiet } from '../quietness.ts'
import { asOwner, FUNCTIONS, lockfile, TELL, type Process } from './processes.ts'

type Processes = readonly Process[]
const files = (some: Processes) => some.toReversed().map(({ file }) => file)

/**
 * USR1 up to 4.2.8, TSTP from 4.2.9 on: TSTP suspends the older ones, and USR1 ends Sidekiq 6 and later. The version is taken from the
 * process's title or, before it has one, from the Gemfile.lock of the release it runs from.
 */
export const quiet = (c: Context, some: Processes): Command =>
  asOwner(c)`
${FUNCTIONS(c)}
${TELL}
${markQuiet(c)}
for file in ${files(some)}; do
  in_file "$file" || continue
  version=$(tr '\0' '\n' < "/proc/$pid/cmdline" | sed -n 's/^sidekiq \([0-9][0-9.]*\).*/\1/p')
  lock=/proc/$pid/cwd/${lockfile(c)}
  if [ -z "$version" ] && [ -r "$lock" ]; then version=$(sed -n 's/^    sidekiq (\([0-9][0-9.]*\).*/\1/p' "$lock"); fi
  case $version in
    ('') echo "the version of Sidekiq $pid ($file) is not known" >&2; exit 3 ;;
    ([0-3].*|4.[01]|4.[01].*|4.2|4.2.[0-8]) signal=USR1 ;;
    (*) signal=TSTP ;;
  esac
  echo "Sidekiq $version: kill -s $signal $pid"
  tell "$signal" "$pid"
  sleep 0.2 2>/dev/null || sleep 1
  if ! ours "$pid"; then echo "$file: $pid ended when it was told to be quiet, and jobs may be lost" >&2; exit 5; fi
  name=\${file##*/}
  mark_quiet "\${name%.pid}" "$pid" 2>/dev/null || :
done
`
    .title('quiet Sidekiq')
    .hint(({ code, stderr }) =>
      code === 3 ? 'it has no title yet, and its release no Gemfile.lock: is it still coming up? Try again in a moment' : mayNot(c, stderr),
    )

/**
 * Sends TERM to all of them at once. They have `timeout` seconds for their jobs and 10 more to put the rest back into Redis. If one has not
 * ended by then, the step fails and leaves it running, unless `kill` is set.
 */
export const stop = (c: Context, some: Processes): Command[] => {
  const { timeout, signals } = c.settings
  const seconds = timeout + 10
  const wait = asOwner(c)`
${FUNCTIONS(c)}
${TELL}
left=
for file in ${files(some)}; do
  if in_file "$file"; then
    echo "kill -s TERM $pid"
    tell TERM "$pid"
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
    .hint(({ code, stderr }) => (code === 9 ? late(stderr) : mayNot(c, stderr)))
  if (!signals.kill) return [wait]
  return [wait.allowFailure({ codes: [9] }), kill(c, some)]
}

/** Seconds that a process may take to disappear after KILL. One that hangs in the kernel does not. */
const GONE = 10

/** After the deadline, with `kill`. Having to kill is a warning; a process that survives it is a failure. */
const kill = (c: Context, some: Processes): Command =>
  asOwner(c)`
${FUNCTIONS(c)}
${TELL}
killed= left=
for file in ${files(some)}; do
  if in_file "$file"; then tell KILL "$pid"; killed="$killed $pid ($file)" left="$left $pid"; fi
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
    .title('kill what has not ended')
    .allowFailure({ codes: [9] })
    .hint(({ code, stderr }) => (code === 8 ? hangs(stderr) : mayNot(c, stderr)))

const hangs = (stderr: string): string => {
  const pids = /after KILL: *([\d ]+)/.exec(stderr)?.[1]?.trim().split(' ').join(',') ?? 'PID'
  return `it hangs in the kernel, on a disk or a network file system as a rule; see where: ps -o pid,stat,wchan:32,args -p ${pids}`
}

const late = (stderr: string): string => {
  const pids = /after TERM: *([\d ]+)/.exec(stderr)?.[1]?.trim() ?? 'PID'
  return `look at what its jobs do (kill -s TTIN ${pids} writes that to its log), and wait, or end it yourself: kill -s KILL ${pids}, which may lose jobs. signals: { kill: true } does that by itself`
}

/** An account may signal only its own processes. */
export const mayNot = (c: Context, stderr: string): string | undefined =>
  /not permitted/.test(stderr)
    ? `Sidekiq runs as another user than ${c.settings.user ?? (c.layout.user || 'who deploys')}: set user`
    : sudoRefused(stderr)
      ? `${c.layout.user || 'the deploy user'} has to be allowed to run /bin/sh as ${c.settings.user} by sudo, without a password`
      : undefined

/** A guard: the process in the pidfile runs. */
export const running = (c: Context, { file }: Process): Command => sh`${FUNCTIONS(c)}
in_file ${file}`

/** A guard: it is still the old process. */
export const still = (c: Context, { file }: Process, pid: number): Command => sh`${FUNCTIONS(c)}
in_file ${file} && [ "$pid" = ${pid} ]`
