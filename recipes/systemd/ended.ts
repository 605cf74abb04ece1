import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { lines } from '../shell.ts'
import type { Context } from './scope.ts'
import { SIDEKIQ } from './service.ts'
import type { Unit } from './state.ts'
import { journalText, scoped, systemctl, VALUE } from './systemctl.ts'

/**
 * Warns, by name, of each unit whose process did not end by itself when it was told to: systemd killed it at its TimeoutStopSec, or
 * something else did. It follows every call that stops a process, a restart too, for the units that ran when the host was read.
 */
export const verifyEnded = (c: Context, units: readonly Unit[]): Command[] => {
  const some = ran(units)
  if (some.length === 0) return []
  const names = some.map(({ name }) => name).join(', ')
  return [
    scoped(c)`${endedText(c, some)}
exit "$code"`
      .title(`check that ${names} ended by ${some.length === 1 ? 'itself' : 'themselves'}`)
      .allowFailure(),
  ]
}

/** A stop or a restart that fails says how each unit ended, too: {@link verifyEnded} does not run after it. */
export const sayingHowItEnded = (c: Context, command: Command, units: readonly Unit[]): Command =>
  ran(units).length === 0
    ? command
    : command.diagnose(scoped(c)`${endedText(c, units)}
${journalText(
  c,
  units.map(({ name }) => name),
)}`)

const ran = (units: readonly Unit[]) => units.filter(({ state, kind }) => state === 'running' && kind === 'service')

/**
 * Shell lines that leave 1 in `code` where a unit was killed. A unit that is down has its Result. For one that runs again systemd has
 * forgotten it: there the time that the stop took, by the unit's timestamps, is compared with its limit, and the journal, where it may be
 * read, tells of a crash. `left`: when it was last stopped before this run.
 */
const endedText = (c: Context, units: readonly Unit[]): Command => {
  const { lost, timeout } = (c.service ?? SIDEKIQ).killed
  const show = [...systemctl(c), 'show', '-p', PROPERTIES]
  const scope = c.settings.serviceUnitUser === 'user' ? ['--user'] : []
  return sh`${VALUE}
code=0
unwell() {
  since=$(TZ=UTC ${systemctl(c)} show -p ActiveExitTimestamp "$1" | sed 's/^[^=]*=//')
  if [ -z "$since" ]; then return 0; fi
  log=$(journalctl ${scope} -q --no-pager -o cat -t systemd -u "$1" --since "$since" 2>/dev/null) || return 0
  case $log in (*'code=exited, status=143'*) return 0 ;; esac
  printf '%s\n' "$log" | sed -n "s/^.*: Failed with result '\\([a-z-]*\\)'.*/\\1/p" | sed -n 1p
}
ended() {
  said=$(${show} "$1") || { echo "$1: not known whether it ended by itself, systemd could not be asked" >&2; code=1; return 0; }
  left=$(value ActiveExitTimestampMonotonic) gone=$(value InactiveEnterTimestampMonotonic) status=$(value ExecMainStatus)
  if [ -n "$2" ] && [ "$left" = "$2" ]; then return 0; fi
  case $(value ActiveState)/$(value Result) in
    (inactive/success | failed/success | inactive/ | failed/) return 0 ;;
    (inactive/exit-code | failed/exit-code)
      case $status in (0 | 143) return 0 ;; esac
      echo "$1 did not end well: its exit code is $status, and "${lost} >&2 ;;
    (inactive/* | failed/*)
      echo "$1 was killed before it had ended ($(value Result)): "${lost}. ${timeout} >&2 ;;
    (*)
      if [ -z "$2" ]; then return 0; fi
      if [ "$3" = 0 ] || [ $((\${gone:-0} - \${left:-0})) -lt "$3" ]; then
        how=$(unwell "$1")
        if [ -z "$how" ]; then return 0; fi
        echo "$1 did not end by itself before it was started again ($how): "${lost} >&2
      else echo "$1 was killed before it had ended, at its TimeoutStopSec: "${lost}. ${timeout} >&2; fi ;;
  esac
  code=1
}
${lines(ran(units).map(({ name, left, stopLimit }) => sh`ended ${name} ${left} ${microseconds(stopLimit)}`))}`
}

const PROPERTIES = 'ActiveState,Result,ExecMainStatus,ActiveExitTimestampMonotonic,InactiveEnterTimestampMonotonic'

/** 0: there is no limit, or it is not known */
const microseconds = (limit: number | undefined): number => (limit === undefined ? 0 : Math.round(limit * 1e6))
