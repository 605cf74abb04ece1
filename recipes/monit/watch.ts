import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { installed, monit, notInstalled, remedy } from './remedies.ts'
import { notOurs } from './whose.ts'
import { watched, type Context, type Watched } from './watched.ts'

/** Stops monitoring, so that Monit does not start what a deploy stops. Waits, because Monit first finishes what it is doing. */
export const unmonitor = (c: Context): StepList => each(c, (one) => looksAway(c, one))

/** Monitors again, and waits until each service is up. After a failure, only if monitoring was stopped, and without waiting for that. */
export const monitor = (c: Context): StepList => {
  if (c.failure && c.failure.ran('monit:unmonitor') === 'no') return []
  return each(c, (one) => (c.failure ? told(c, one) : looksAgain(c, one)))
}

const each = (c: Context, of: (one: Watched) => Command): StepList => {
  const all = watched(c)
  if (all.length === 0) return []
  if (!installed(c)) return c.deploy.releasing ? [] : notInstalled(c)
  const foreign = notOurs(c)
  if (foreign) return [c.failure ? foreign.allowFailure() : foreign]
  return all.map((one) => (c.settings.optional || c.failure ? of(one).allowFailure() : of(one)).hint(remedy(c)))
}

/** A service that Monit does not know yet, before the first install, is only noted. */
const tell = (c: Context, verb: 'monitor' | 'unmonitor', name: string): Command => sh`
LC_ALL=C; export LC_ALL
said=$(${monit(c)} ${verb} ${name} 2>&1) || {
  case $said in
    (*'no service named'*) echo ${`Monit does not know ${name}: ${c.shipit('monit:install')}`}; exit 0 ;;
    (*) printf '%s\n' "$said" >&2; exit 1 ;;
  esac
}`

/** Other hooks of the failure may still be starting the process, so this waits for it briefly. */
const told = (c: Context, one: Watched): Command =>
  sh`${seen(c, one, Math.min(10, c.settings.upTimeout))}
${tell(c, 'monitor', one.name)}`.title(`let Monit look at ${one.name} again`)

const looksAway = (c: Context, { name }: Watched): Command =>
  sh`${tell(c, 'unmonitor', name)}
n=0
while :; do
  said=$(${monit(c)} -B status ${name} 2>&1) || :
  case $said in (*'monitoring status '*'Not monitored'*) exit 0 ;; esac
  [ "$n" -lt ${c.settings.upTimeout} ] || { printf '%s\n' "$said" >&2; exit 1; }
  n=$((n + 1))
  sleep 1
done`.title(`let Monit look away from ${name}`)

/**
 * Monit shows its last check. `monitor` makes it check now; the next check is in its next cycle, after two minutes in Debian's default. A
 * process that it still names may be gone by then.
 */
const looksAgain = (c: Context, one: Watched): Command =>
  sh`${seen(c, one, c.settings.upTimeout)}
${tell(c, 'monitor', one.name)}
n=0
while :; do
  said=$(${monit(c)} -B status ${one.name} 2>&1) || :
  state=$(printf '%s\n' "$said" | sed -n 's/^ *status  *//p')
  pid=$(printf '%s\n' "$said" | sed -n 's/^ *pid  *//p')
  case $state in
    (OK | Running) case $(kill -0 "\${pid:-0}" 2>&1) in (*'o such'*) ;; (*) exit 0 ;; esac ;;
  esac
  [ "$n" -lt ${c.settings.upTimeout} ] || { printf '%s\n' "$said" >&2; exit 1; }
  n=$((n + 1))
  sleep 1
  if [ $((n % 5)) = 0 ] && there; then ${monit(c)} monitor ${one.name} || :; fi
done`.title(`let Monit look at ${one.name} again, and see it up`)

/**
 * Waits until what Monit looks for exists. A starting process gets its title, or its pidfile, only after a while, and a Monit that checks
 * before that starts it again, in the middle of its start. Does not wait for what it cannot look for.
 */
const seen = (c: Context, { by: [kind, what] }: Watched, seconds: number): Command => {
  const look =
    kind === 'matching'
      ? sh`! command -v pgrep >/dev/null || pgrep -f -- ${what} >/dev/null`
      : sh`if [ -r ${what} ]; then case $(kill -0 "$(cat ${what})" 2>&1) in (*'o such'* | *rgument*) false ;; esac; else [ -e ${what} ]; fi`
  return sh`LC_ALL=C; export LC_ALL
there() { ${look}; }
n=0
until there || [ "$n" -ge ${seconds} ]; do
  n=$((n + 1))
  sleep 1
done`
}
