import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { checkSteps } from '../../src/kit/index.ts'
import { whereInstalled } from '../rules/index.ts'
import type { Context } from './facts.ts'
import { ownerFindings } from './ownership.ts'
import { monitWords, remedy } from './remedies.ts'
import { MONIT_WATCHER, watchedServices, type WatchedService } from './services.ts'

/** Stops monitoring, so that Monit does not start what a deploy stops. Waits, because Monit first finishes what it is doing. */
export const unmonitor = (c: Context): StepList => eachService(c, (service) => stopMonitoring(c, service))

/** Monitors again, and waits until each service is up. After a failure, only if monitoring was stopped, and without waiting for services. */
export const monitor = (c: Context): StepList => {
  if (c.failure && c.failure.ran('monit:unmonitor') === 'no') return []
  return eachService(c, (service) => (c.failure ? resume(c, service) : resumeAndVerify(c, service)))
}

const eachService = (c: Context, of: (service: WatchedService) => Command): StepList =>
  whereInstalled(c, MONIT_WATCHER, () => {
    // if nothing shows whose a check is, it counts as ours
    const refused = checkSteps("check that Monit's checks belong to this application", ownerFindings(c))
    if (refused.length > 0) return refused.map((step) => (c.failure ? step.allowFailure() : step))
    return watchedServices(c)
      .map((one) => of(one).hint(remedy(c)))
      .map((command) => (c.settings.optional || c.failure ? command.allowFailure() : command))
  })

/** A service that Monit does not know yet, before the first install, is only reported. */
const call = (c: Context, verb: 'monitor' | 'unmonitor', name: string): Command => sh`
LC_ALL=C; export LC_ALL
output=$(${monitWords(c)} ${verb} ${name} 2>&1) || {
  case $output in
    (*'no service named'*) echo ${`Monit does not know ${name}: ${c.shipit('monit:install')}`}; exit 0 ;;
    (*) printf '%s\n' "$output" >&2; exit 1 ;;
  esac
}`

/** Other hooks of the failure may still be starting the process, so this waits for it briefly. */
const resume = (c: Context, one: WatchedService): Command =>
  sh`${waitForProcess(c, one, Math.min(10, c.settings.upTimeout))}
${call(c, 'monitor', one.name)}`.title(`monitor ${one.name} again`)

const stopMonitoring = (c: Context, { name }: WatchedService): Command =>
  sh`${call(c, 'unmonitor', name)}
${poll(c, name, sh`case $output in (*'monitoring status '*'Not monitored'*) exit 0 ;; esac`)}`.title(`stop monitoring ${name}`)

/**
 * Monit shows its last check. `monitor` makes it check now; the next check is in its next cycle, after two minutes in Debian's default. A
 * process that it still names may be gone by then.
 */
const resumeAndVerify = (c: Context, one: WatchedService): Command => {
  const isUp = sh`state=$(printf '%s\n' "$output" | sed -n 's/^ *status  *//p')
  pid=$(printf '%s\n' "$output" | sed -n 's/^ *pid  *//p')
  case $state in
    (OK | Running) case $(kill -0 "\${pid:-0}" 2>&1) in (*'o such'*) ;; (*) exit 0 ;; esac ;;
  esac`
  const checkNow = sh`if [ $((n % 5)) = 0 ] && there; then ${monitWords(c)} monitor ${one.name} || :; fi`
  return sh`${waitForProcess(c, one, c.settings.upTimeout)}
${call(c, 'monitor', one.name)}
${poll(c, one.name, isUp, checkNow)}`.title(`monitor ${one.name} again, and check that it is up`)
}

/** Asks for the status once a second until `exitIfDone` ends the shell. */
const poll = (c: Context, name: string, exitIfDone: Command, between: Command = sh`:`): Command => sh`n=0
while :; do
  output=$(${monitWords(c)} -B status ${name} 2>&1) || :
  ${exitIfDone}
  [ "$n" -lt ${c.settings.upTimeout} ] || { printf '%s\n' "$output" >&2; exit 1; }
  n=$((n + 1))
  sleep 1
  ${between}
done`

/**
 * Waits until what Monit looks for exists. A starting process gets its title, or its pidfile, only after a while, and a Monit that checks
 * before that starts it again, in the middle of its start. Does not wait for what it cannot look for.
 */
const waitForProcess = (c: Context, { by: [kind, what] }: WatchedService, seconds: number): Command => {
  const probe =
    kind === 'matching'
      ? sh`! command -v pgrep >/dev/null || pgrep -f -- ${what} >/dev/null`
      : sh`if [ -r ${what} ]; then case $(kill -0 "$(cat ${what})" 2>&1) in (*'o such'* | *rgument*) false ;; esac; else [ -e ${what} ]; fi`
  return sh`LC_ALL=C; export LC_ALL
there() { ${probe}; }
n=0
until there || [ "$n" -ge ${seconds} ]; do
  n=$((n + 1))
  sleep 1
done`
}
