import { sh, sudoRefused } from '../../../src/index.ts'
import type { Command, Failed } from '../../../src/index.ts'
import { inParallel, sudoersHint } from '../../../src/kit/index.ts'
import type { Instance, Job } from '../known.ts'
import type { Context } from '../manager.ts'
import { isSidekiqItself } from '../program.ts'
import { markQuiet } from '../quietness.ts'
import { sudoersRules } from '../sudoers.ts'
import { killTimeoutOf } from './files.ts'
import { isRoot } from './jobs.ts'

type Instances = readonly Instance[]
/** exit codes of the commands below */
const UNKNOWN_JOB = 5
const KILLED = 9
const GONE = 6
const LATE = 7

/** initctl, through sudo unless root, in the exact words of the sudo rules. Its output is English (`tag`), to be parsed. */
const initctl = (c: Context): readonly string[] => [...(isRoot(c) ? [] : ['sudo']), c.settings.upstart.initctlBin]
const tag = sh.env({ LC_ALL: 'C' })

/** In a function whose call failed: prints what initctl printed, and returns what that means. */
const RETURN_FAILURE = sh`printf '%s\n' "$answer" >&2
  case $answer in (*'Unknown job'*) return ${UNKNOWN_JOB} ;; esac
  return 1`

/** Returns if a stop took less than the kill timeout: Upstart does not report that it had to kill. */
const RETURN_IF_NOT_KILLED = sh`if [ $(($(date +%s) - began)) -lt "$seconds" ]; then return 0; fi
  echo "$*: did not end within $seconds s, so Upstart killed it: jobs may be lost" >&2`

/** Runs a shell function for each job, all at the same time. */
const forEach = (what: string, some: Instances): Command =>
  inParallel(
    what,
    some.map(({ words }) => words),
    KILLED,
  )

/** Shell function `pid_of`: prints the PID of a running job, or nothing. */
const pidOf = (c: Context) =>
  sh`pid_of() { answer=$(${initctl(c)} status "$@" 2>&1) || :; printf '%s\n' "$answer" | sed -n '1s/^.* start\/running, process \([0-9][0-9]*\)$/\1/p'; }`

/** Sends the reload signal to each running job, and checks that its process is still there. A job that has ended needs no quieting. */
export const quiet = (c: Context, some: readonly Job[]): Command =>
  tag`
${markQuiet(c)}
${pidOf(c)}
quiet() {
  label=$1 before=$2
  shift 2
  answer=$(${initctl(c)} reload "$@" 2>&1) || {
    case $answer in (*'Unknown instance'*) printf '%s\n' "$*: not running"; return 0 ;; esac
  ${RETURN_FAILURE}
  }
  if [ "$before" != 0 ]; then
    now=$(pid_of "$@")
    if [ "$now" != "$before" ]; then echo "$*: $before ended after the quiet signal, and jobs may be lost: $answer" >&2; return ${GONE}; fi
    mark_quiet "$label" "$before" || :
  fi
  printf '%s\n' "$*: quiet"
}
${inParallel(
  'quiet',
  some.map(({ label, pid, words }) => [label, pid, ...words]),
  KILLED,
)}`
    .title(`quiet ${labels(some)}`)
    .hint(remedy(c, some))

/** A job that does not run is fine. */
export const stop = (c: Context, some: Instances): Command =>
  tag`
seconds=${killTimeoutOf(c)}
end() {
  began=$(date +%s)
  answer=$(${initctl(c)} stop "$@" 2>&1) || {
    case $answer in (*'Unknown instance'*) printf '%s\n' "$*: not running"; return 0 ;; esac
  ${RETURN_FAILURE}
  }
  printf '%s\n' "$answer"
  ${RETURN_IF_NOT_KILLED}
  return ${KILLED}
}
${forEach('end', some)}`
    .title(`stop ${labels(some)}`)
    .allowFailure({ codes: [KILLED] })
    .hint(remedy(c, some))

/**
 * `fresh`: replaces an old process. Never uses `initctl restart`, which keeps the definition that the job was started with, so that a
 * changed job file would have no effect, and which fails if nothing runs.
 */
export const start = (c: Context, some: Instances, fresh: boolean): Command => {
  const call = initctl(c)
  const anew = fresh ? sh`halt "$@"; answer=$(${call} start "$@" 2>&1)` : sh`answer=$(${call} status "$@" 2>&1)`
  const halt = sh`seconds=${killTimeoutOf(c)}
halt() {
  began=$(date +%s)
  ${call} stop "$@" || :
  ${RETURN_IF_NOT_KILLED}
  killed=1
}`
  return tag`
${fresh ? halt : []}
begin() {
  killed=
  case $(${call} status "$@" 2>&1) in
    (*' start/'*) ${anew} ;;
    (*) answer=$(${call} start "$@" 2>&1) ;;
  esac || case $answer in
    (*'already running'*) ${anew} ;;
    (*) ${RETURN_FAILURE} ;;
  esac
  printf '%s\n' "$answer"
  if [ -n "$killed" ]; then return ${KILLED}; fi
}
${forEach('begin', some)}`
    .title(`start ${labels(some)}`)
    .allowFailure({ codes: [KILLED] })
    .hint(remedy(c, some))
    .diagnose(lastLines(c, some))
}

/** A guard: it is still the process that ran before. */
export const isSameProcess = (c: Context, { words, pid }: Job): Command =>
  sh`LC_ALL=C ${initctl(c)} status ${words} 2>&1 | grep -q ${` start/running, process ${pid}$`}`

/**
 * Upstart knows that a process was started, not that it came up, and restarts it if it ends. Sidekiq sets its title,
 * `sidekiq 6.4.1 shop [0 of 5 busy]`, once the application is loaded and Redis answers. If the title cannot be read, or another command
 * runs, ten seconds with the same process count as proof.
 */
export const verifyUp = (c: Context, some: Instances): Command =>
  tag`
boot=${c.settings.upstart.startTimeout} titled=${isSidekiqItself(c.settings.command) ? 1 : 0}
${pidOf(c)}
up() {
  if [ "$titled" = 1 ] && [ -r "/proc/$1/cmdline" ]; then tr '\0' '\n' < "/proc/$1/cmdline" | grep -qE '^sidekiq(swarm,| [0-9])'; else [ "$2" -ge 10 ]; fi
}
watch() {
  pid=$(pid_of "$@") tries=0
  while :; do
    if [ -z "$pid" ]; then echo "$*: it does not run" >&2; ${initctl(c)} status "$@" >&2 || :; return ${GONE}; fi
    if [ "$tries" -ge 2 ] && up "$pid" "$tries"; then echo "$*: $pid is up"; return 0; fi
    if [ "$tries" -ge "$boot" ]; then echo "$*: $pid is not up after $boot s" >&2; return ${LATE}; fi
    sleep 1
    tries=$((tries + 1)) now=$(pid_of "$@")
    if [ "$now" != "$pid" ]; then echo "$*: $pid ended while it came up" >&2; ${initctl(c)} status "$@" >&2 || :; return ${GONE}; fi
  done
}
${forEach('watch', some)}`
    .title(`check that ${labels(some)} ${some.length === 1 ? 'is' : 'are'} up`)
    .hint(remedy(c, some))
    .diagnose(lastLines(c, some))

/** The logs of `console log`. By default only root may read them. */
export const logFiles = (c: Context, some: Instances): readonly string[] =>
  some.map(({ label }) => `${c.settings.upstart.logDir}/${label}.log`)

const lastLines = (c: Context, some: Instances): Command => {
  const files = logFiles(c, some)
  return isRoot(c) ? sh`tail -n 25 ${files}` : sh`tail -n 25 ${files} 2>/dev/null || sudo -n tail -n 25 ${files} 2>/dev/null`
}

const labels = (some: Instances): string => some.map(({ label }) => label).join(', ')

/** A command that only root may run. */
export const asRoot = (c: Context, command: Command): Command => (isRoot(c) ? command : command.sudo())

/** The remedy for a failed call. */
export const remedy =
  (c: Context, some: Instances) =>
  ({ code, stdout, stderr }: Failed): string => {
    const output = `${stderr}\n${stdout}`
    const log = logFiles(c, some).join(' ')
    if (/^sudo: .*(command not found|not found)|initctl: (command )?not found/m.test(output) || code === 127)
      return "there is no initctl on this host: no maintained distribution has Upstart any more. With systemd: sidekiq({ manager: 'systemd' }); if it is in another folder: upstart: { initctlBin: '/sbin/initctl' }"
    if (sudoRefused(output)) return sudoersHint(sudoersRules, c)
    if (/Unknown job/.test(output)) return `there is no job of this name in ${c.settings.upstart.initDir}: ${c.shipit('sidekiq:install')}`
    if (/Unable to connect to (Upstart|system bus)|com\.ubuntu\.Upstart/.test(output))
      return "Upstart does not answer: is it process 1 of this host? With systemd: sidekiq({ manager: 'systemd' })"
    if (code === KILLED)
      return `give it more time than its jobs take: set timeout, which also sets the job's kill timeout, then: ${c.shipit('sidekiq:install')}`
    if (code === GONE || /respawning too fast/.test(output)) {
      const limit = c.settings.upstart.respawnLimit
      const until = limit === 'unlimited' ? '' : `, until it gives up after ${limit[0]} times in ${limit[1]} s`
      return `Sidekiq ends while it comes up, and Upstart restarts it${until}: see ${log}`
    }
    if (code === LATE)
      return 'does it hang while it loads the application, or wait for Redis? If it is only slow, increase upstart.startTimeout'
    return `see ${log}`
  }
