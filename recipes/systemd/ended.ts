import { sh } from '../../src/index.ts'
import type { Command, Failed } from '../../src/index.ts'
import { joinLines } from '../../src/kit/index.ts'
import { type Context, systemctl, isSystem, typedSystemctl, userOption } from './scope.ts'
import { type Unit, namesOf } from './state.ts'
import { diagnosisText, inScope, VALUE_FUNCTION } from './systemctl.ts'
import type { ServiceWording } from './wording.ts'

/**
 * Warns about each unit whose process did not end by itself: systemd killed it at its TimeoutStopSec, or something else did. Runs after every
 * call that stops a process, restarts included, for the units that ran when the host was read.
 */
export const verifyEnded = (c: Context, units: readonly Unit[]): Command[] => {
  const some = ran(units)
  if (some.length === 0) return []
  const names = namesOf(some).join(', ')
  return [
    inScope(c)`${endedText(c, some)}
exit "$code"`
      .title(`check that ${names} ended by ${some.length === 1 ? 'itself' : 'themselves'}`)
      .hint(leftHint(c))
      .allowFailure({ codes: [WARNS] }),
  ]
}

/** Exit codes: a warning; a process that should have ended still works as the old release. */
const WARNS = 1
const STAYED = 2

const leftHint =
  (c: Context) =>
  ({ stderr }: Failed): string | undefined => {
    const sudo = isSystem(c) ? 'sudo ' : ''
    const pids = [...stderr.matchAll(/ still runs: (\d+) /g)].map(([, pid]) => pid)
    if (pids.length === 0) return undefined
    return `end what is left: ${sudo}kill -s TERM ${pids.join(' ')}. Its unit lets it outlive a stop: KillMode=mixed in the unit, exec before the command in ExecStart, then ${typedSystemctl(c, 'daemon-reload')}`
  }

/** Lets a failed stop or restart report how each unit ended, because {@link verifyEnded} does not run after it. */
export const reportEndOnFailure = (c: Context, command: Command, units: readonly Unit[]): Command =>
  ran(units).length === 0
    ? command
    : command.diagnose(inScope(c)`${endedText(c, units)}
${diagnosisText(c, namesOf(units))}`)

const ran = (units: readonly Unit[]) => units.filter(({ state, kind }) => state === 'running' && kind === 'service')

/**
 * Shell lines that set `code` to 1 if a unit was killed, and to 2 if a process with the service's title outlived it (KillMode=process,
 * none): one in its control group that began before it was down, by the kernel's ticks. A unit that is down has a Result. If it runs
 * again, systemd has forgotten that: the time that the stop took, by the unit's timestamps, is compared with its limit, and the journal, if
 * it can be read, shows a crash. `left`: when it was last stopped before this run.
 */
const endedText = (c: Context, units: readonly Unit[]): Command => {
  const { title, killed } = c.service
  return sh`${VALUE_FUNCTION}
code=0 hertz=$(getconf CLK_TCK 2>/dev/null) || hertz=100
${stayedFunction(title)}
${unwellFunction(c)}
${HOW}
${endedFunction(c, killed)}
${joinLines(ran(units).map(({ name, left, stopLimit }) => sh`ended ${name} ${left} ${microseconds(stopLimit)}`))}`
}

/** A shell function: `stayed UNIT` warns of processes that outlived the unit. */
const stayedFunction = (title: string | undefined): Command => sh`
stayed() {
  group=$(value ControlGroup) group=\${group:-/none}
  for one in $(cat "/sys/fs/cgroup$group/cgroup.procs" "/sys/fs/cgroup/systemd$group/cgroup.procs" 2>/dev/null || :); do
    ticks=$(sed 's/.*) //' "/proc/$one/stat" 2>/dev/null | cut -d' ' -f20)
    if [ -z "$ticks" ] || [ $(((ticks + 2) * 1000000 / hertz)) -ge "\${gone:-0}" ]; then continue; fi
    echo "$1 has ended, but one of its processes still runs: $one ($(cat "/proc/$one/comm" 2>/dev/null))" >&2
    if tr '\0' ' ' < "/proc/$one/cmdline" 2>/dev/null | grep -qE ${title ?? '^$'}; then code=${STAYED}; else warned; fi
  done
}
`

/** A shell function: `unwell UNIT` prints the Result of the unit's last end, by the journal; nothing if it ended well. */
const unwellFunction = (c: Context): Command => {
  return sh`
unwell() {
  since=$(TZ=UTC ${systemctl(c)} show -p ActiveExitTimestamp "$1" | sed 's/^[^=]*=//')
  if [ -z "$since" ]; then return 0; fi
  log=$(journalctl ${userOption(c)} -q --no-pager -o cat -t systemd -u "$1" --since "$since" 2>/dev/null) || return 0
  case $log in (*'code=exited, status=143'*) return 0 ;; esac
  printf '%s\n' "$log" | sed -n "s/^.*: Failed with result '\\([a-z-]*\\)'.*/\\1/p" | sed -n 1p
}
`
}

/** Shell functions: `how RESULT` puts a Result of systemd into words, `warned` sets the exit code of a warning. */
const HOW = sh`
how() {
  case $1 in
    (signal) echo 'a signal killed it (signal)' ;;
    (core-dump) echo 'it crashed (core-dump)' ;;
    (watchdog) echo 'systemd killed it, because it no longer answered its watchdog (watchdog)' ;;
    (oom-kill) echo 'the kernel killed it, because there was no memory left (oom-kill)' ;;
    (timeout) echo 'systemd killed it at its TimeoutStopSec (timeout)' ;;
    (exit-code) echo 'it ended with an error (exit-code)' ;;
    (*) echo "systemd says $1" ;;
  esac
}
warned() { if [ "$code" = 0 ]; then code=${WARNS}; fi; }
`

/** A shell function: `ended UNIT LEFT LIMIT` warns if the unit did not end by itself since LEFT. */
const endedFunction = (c: Context, { lost, timeout }: ServiceWording['killed']): Command => {
  const show = [...systemctl(c), 'show', '-p', PROPERTIES]
  return sh`
ended() {
  output=$(${show} "$1") || { echo "$1: not known whether it ended by itself: systemd does not answer" >&2; warned; return 0; }
  left=$(value ActiveExitTimestampMonotonic) gone=$(value InactiveEnterTimestampMonotonic) status=$(value ExecMainStatus)
  if [ -n "$2" ] && [ "$left" = "$2" ]; then return 0; fi
  stayed "$1"
  case $(value ActiveState)/$(value Result) in
    (inactive/success | failed/success | inactive/ | failed/) return 0 ;;
    (inactive/exit-code | failed/exit-code)
      case $status in (0 | 143) return 0 ;; esac
      echo "$1 ended with exit code $status, and "${lost} >&2 ;;
    (inactive/timeout | failed/timeout)
      echo "$1 was killed before it had ended (timeout): "${lost}. ${timeout} >&2 ;;
    (inactive/* | failed/*)
      echo "$1 did not end by itself: $(how "$(value Result)"), and "${lost} >&2 ;;
    (*)
      if [ -z "$2" ]; then return 0; fi
      if [ "$(value KillSignal)" = 9 ]; then
        echo "$1 was killed before it had ended, by its KillSignal=SIGKILL: "${lost} >&2
      elif [ "$3" = 0 ] || [ $((\${gone:-0} - \${left:-0})) -lt "$3" ]; then
        result=$(unwell "$1")
        if [ -z "$result" ]; then return 0; fi
        echo "$1 did not end by itself before it was started again: $(how "$result"), and "${lost} >&2
      else echo "$1 was killed before it had ended, at its TimeoutStopSec: "${lost}. ${timeout} >&2; fi ;;
  esac
  warned
}
`
}

const PROPERTIES = 'ActiveState,Result,ExecMainStatus,ActiveExitTimestampMonotonic,InactiveEnterTimestampMonotonic,ControlGroup,KillSignal'

/** 0: no limit, or not known */
const microseconds = (limit: number | undefined): number => (limit === undefined ? 0 : Math.round(limit * 1e6))
