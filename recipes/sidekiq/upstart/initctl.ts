import { sh, sudoRefused } from '../../../src/index.ts'
import type { Command, Failed } from '../../../src/index.ts'
import { each } from '../../shell.ts'
import type { Context } from '../manager.ts'
import { sudoRule } from './calls.ts'
import { killTimeoutOf } from './files.ts'
import type { Instance } from './jobs.ts'
import { markQuiet } from '../quietness.ts'
import { root, type Job } from './state.ts'

type Some = readonly Instance[]
/** exit codes of the commands below */
const UNKNOWN_JOB = 5
const KILLED = 9
const GONE = 6
const LATE = 7

/** initctl, through sudo unless root, in the exact words that {@link callsOf} lists. Its output is English (`tag`), to be parsed. */
const initctl = (c: Context): readonly string[] => [...(root(c) ? [] : ['sudo']), c.settings.upstart.initctlBin]
const tag = sh.env({ LC_ALL: 'C' })

/** Prints what initctl said and returns what it means, for a function whose call failed. */
const told = sh`printf '%s\n' "$said" >&2
  case $said in (*'Unknown job'*) return ${UNKNOWN_JOB} ;; esac
  return 1`

/** Runs a shell function for each job, all at the same time. */
const forEach = (what: string, some: Some): Command =>
  each(
    what,
    some.map(({ words }) => words),
    KILLED,
  )

/** Shell function `pid_of`: prints the PID of a running job, or nothing. */
const pidOf = (c: Context) =>
  sh`pid_of() { said=$(${initctl(c)} status "$@" 2>&1) || :; printf '%s\n' "$said" | sed -n '1s/^.* start\/running, process \([0-9][0-9]*\)$/\1/p'; }`

/** Sends the reload signal to each running job, and checks that its process is still there. A job that has ended needs no quieting. */
export const quiet = (c: Context, some: readonly Job[]): Command =>
  tag`
${markQuiet(c)}
${pidOf(c)}
quiet() {
  label=$1 before=$2
  shift 2
  said=$(${initctl(c)} reload "$@" 2>&1) || {
    case $said in (*'Unknown instance'*) printf '%s\n' "$*: not running"; return 0 ;; esac
  ${told}
  }
  if [ "$before" != 0 ]; then
    now=$(pid_of "$@")
    if [ "$now" != "$before" ]; then echo "$*: $before ended when it was told to be quiet, and jobs may be lost: $said" >&2; return ${GONE}; fi
    mark_quiet "$label" "$before" || :
  fi
  printf '%s\n' "$*: quiet"
}
${each(
  'quiet',
  some.map(({ label, pid, words }) => [label, pid, ...words]),
  KILLED,
)}`
    .title(`quiet ${names(some)}`)
    .hint(remedy(c, some))

/** A job that does not run is fine. Upstart does not report that it had to kill, but a stop that took the whole kill timeout shows it. */
export const stop = (c: Context, some: Some): Command =>
  tag`
seconds=${killTimeoutOf(c)}
end() {
  began=$(date +%s)
  said=$(${initctl(c)} stop "$@" 2>&1) || {
    case $said in (*'Unknown instance'*) printf '%s\n' "$*: not running"; return 0 ;; esac
  ${told}
  }
  printf '%s\n' "$said"
  if [ $(($(date +%s) - began)) -lt "$seconds" ]; then return 0; fi
  echo "$*: not ended after $seconds s, and so Upstart killed it: jobs may be lost" >&2
  return ${KILLED}
}
${forEach('end', some)}`
    .title(`stop ${names(some)}`)
    .allowFailure({ codes: [KILLED] })
    .hint(remedy(c, some))

/**
 * `fresh`: replaces an old process. Never uses `initctl restart`, which keeps the definition that the job was started with, so that a
 * changed job file would have no effect, and which fails if nothing runs.
 */
export const start = (c: Context, some: Some, fresh: boolean): Command => {
  const call = initctl(c)
  const anew = fresh ? sh`halt "$@"; said=$(${call} start "$@" 2>&1)` : sh`said=$(${call} status "$@" 2>&1)`
  const halt = sh`seconds=${killTimeoutOf(c)}
halt() {
  began=$(date +%s)
  ${call} stop "$@" || :
  if [ $(($(date +%s) - began)) -lt "$seconds" ]; then return 0; fi
  echo "$*: not ended after $seconds s, and so Upstart killed it: jobs may be lost" >&2
  killed=1
}`
  return tag`
${fresh ? halt : []}
begin() {
  killed=
  case $(${call} status "$@" 2>&1) in
    (*' start/'*) ${anew} ;;
    (*) said=$(${call} start "$@" 2>&1) ;;
  esac || case $said in
    (*'already running'*) ${anew} ;;
    (*) ${told} ;;
  esac
  printf '%s\n' "$said"
  if [ -n "$killed" ]; then return ${KILLED}; fi
}
${forEach('begin', some)}`
    .title(`start ${names(some)}`)
    .allowFailure({ codes: [KILLED] })
    .hint(remedy(c, some))
    .diagnose(lastLines(c, some))
}

/** A guard: it is still the old process. */
export const still = (c: Context, { words }: Instance, pid: number): Command =>
  sh`LC_ALL=C ${initctl(c)} status ${words} 2>&1 | grep -q ${` start/running, process ${pid}$`}`

/**
 * Upstart knows that a process was started, not that it came up, and restarts it if it ends. Sidekiq sets its title,
 * `sidekiq 6.4.1 shop [0 of 5 busy]`, once the application is loaded and Redis answers. If the title cannot be read, or another command
 * runs, ten seconds with the same process must do.
 */
export const verifyUp = (c: Context, some: Some): Command => {
  const { command, upstart } = c.settings
  const titled = /(^|\/)sidekiq(swarm)?$/.test(command)
  return tag`
boot=${upstart.boot} titled=${titled ? 1 : 0}
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
    .title(`check that ${names(some)} ${some.length === 1 ? 'is' : 'are'} up`)
    .hint(remedy(c, some))
    .diagnose(lastLines(c, some))
}

/** The logs of `console log`. By default only root may read them. */
export const logFiles = (c: Context, some: Some): readonly string[] => some.map(({ label }) => `${c.settings.upstart.logDir}/${label}.log`)

const lastLines = (c: Context, some: Some): Command => {
  const files = logFiles(c, some)
  return root(c) ? sh`tail -n 25 ${files}` : sh`tail -n 25 ${files} 2>/dev/null || sudo -n tail -n 25 ${files} 2>/dev/null`
}

const names = (some: Some): string => some.map(({ label }) => label).join(', ')

/** The remedy for a failed call. */
export const remedy =
  (c: Context, some: Some) =>
  ({ code, stdout, stderr }: Failed): string => {
    const said = `${stderr}\n${stdout}`
    const log = logFiles(c, some).join(' ')
    if (/^sudo: .*(command not found|not found)|initctl: (command )?not found/m.test(said) || code === 127)
      return "there is no initctl on this host: Upstart is gone from every distribution that is still kept. With systemd: sidekiq({ manager: 'systemd' }); in another folder: upstart: { initctlBin: '/sbin/initctl' }"
    if (sudoRefused(said)) return sudoRule(c)
    if (/Unknown job/.test(said)) return `there is no job of this name in ${c.settings.upstart.initDir}: ${c.shipit('sidekiq:install')}`
    if (/Unable to connect to (Upstart|system bus)|com\.ubuntu\.Upstart/.test(said))
      return "Upstart does not answer: is it process 1 of this host? With systemd there: sidekiq({ manager: 'systemd' })"
    if (code === KILLED)
      return `let it have more time than its jobs take: timeout, and with it the job's kill timeout: ${c.shipit('sidekiq:install')}`
    if (code === GONE || /respawning too fast/.test(said)) {
      const limit = c.settings.upstart.respawnLimit
      const until = limit === 'unlimited' ? '' : `, until it gives up after ${limit[0]} times in ${limit[1]} s`
      return `Sidekiq ends while it comes up, and Upstart restarts it${until}: see ${log}`
    }
    if (code === LATE)
      return 'does it hang while it loads the application, or wait for Redis? Where it only is slow, set upstart.boot higher'
    return `see ${log}`
  }
