import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { installed, monit, notInstalled, remedy } from './remedies.ts'
import { notOurs } from './whose.ts'
import { watched, type Context, type Watched } from './watched.ts'

/** Monit looks away: what stops now is not started by it. It is told, and heeds it when it has done what it is doing. */
export const unmonitor = (c: Context): StepList => each(c, (one) => looksAway(c, one))

/** Monit looks again; each must be up. After a failure only where it was told to look away, and nobody waits. */
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

/** What Monit does not know yet, before the first install, is a note. */
const tell = (c: Context, verb: 'monitor' | 'unmonitor', name: string): Command => sh`
LC_ALL=C; export LC_ALL
said=$(${monit(c)} ${verb} ${name} 2>&1) || {
  case $said in
    (*'no service named'*) echo ${`Monit does not know ${name}: ${c.shipit('monit:install')}`}; exit 0 ;;
    (*) printf '%s\n' "$said" >&2; exit 1 ;;
  esac
}`

/** The other tasks that hang on a failure may be starting it yet. */
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
 * What it shows is of its last look, and `monitor` makes it look; then not before its next cycle, two minutes as Debian has it. A process
 * that it still names may be gone meanwhile.
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
 * Waits until there is what Monit looks for. A process that is starting has its title, or its pidfile, only after a while: a Monit that
 * looks before that starts it once more, in the middle of its start. What cannot be looked for is not waited for.
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
