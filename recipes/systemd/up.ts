import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { inParallel } from '../../src/kit/index.ts'
import { remedy } from './remedies.ts'
import { type Context, systemctl } from './scope.ts'
import { type Unit, namesOf } from './state.ts'
import { diagnosis, inScope, VALUE_FUNCTION } from './systemctl.ts'

/** Exit codes of {@link verifyUp}. */
const UP_CODES = { old: 4, gone: 6, late: 7 } as const

/** Seconds that a process must run without a restart: `SETTLE` if nothing else proves that it is up, `NOTIFIED` if it has notified systemd. */
const SETTLE = 10
const NOTIFIED = 1

/** `new`: not the old process; `any`: the old one is fine, since it was left alone; `reloaded`: it may be the old one, but must stay up. */
export type Wanted = 'new' | 'any' | 'reloaded'

/**
 * Fails, with their names, for units that do not run, that systemd restarted while they came up, or that are still the old process although
 * a new one is wanted. The proof that a unit is up is the title that the service sets when it is ready, which is waited for; else, with
 * Type=notify, that it notified systemd and still runs a moment later; else that it runs for a while without a restart. A notification is
 * not enough: Sidekiq sends it before the `startup` hooks of the application, which may end it.
 */
export const verifyUp = (c: Context, units: readonly Unit[], wanted: Wanted): Command => {
  const names = namesOf(units)
  const { title, boot = 90 } = c.service
  const show = [...systemctl(c), 'show', '-p', PROPERTIES]
  const proof = ({ notifies }: Unit) => (notifies ? 'notify' : title === undefined ? 'settle' : 'title')
  const before = ({ pid }: Unit) => (pid > 0 ? pid : 'none')
  return inScope(c)`${VALUE_FUNCTION}
${titledFunction(title)}
${SOON}
${watchFunction(show, wanted, { title, boot })}
${inParallel(
  'watch',
  units.map((unit) => [unit.name, before(unit), proof(unit)]),
)}`
    .title(`check that ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} up`)
    .hint(remedy(c, names, 'verify'))
    .diagnose(diagnosis(c, names))
}

/** A shell function: `titled` asks whether a process of the unit has the title, by what `value` and `pid` say about it. */
const titledFunction = (title: string | undefined): Command => sh`
titled() {
  group=$(value ControlGroup) group=\${group:-/none}
  for one in "$pid" $(cat "/sys/fs/cgroup$group/cgroup.procs" "/sys/fs/cgroup/systemd$group/cgroup.procs" 2>/dev/null || :); do
    if tr '\0' '\n' < "/proc/$one/cmdline" | grep -qE ${title ?? '^$'}; then return 0; fi
  done 2>/dev/null
  return 1
}
`

/** A shell function: `soon COMMAND` waits up to a second for a command to succeed. */
const SOON = sh`
soon() {
  for _ in 1 2 3 4 5 6 7 8; do
    if "$@"; then return 0; fi
    sleep 0.1 2>/dev/null || return 1
  done
  return 1
}
`

/** A shell function: `watch UNIT PID PROOF` waits until the unit is up; PID is its previous process. */
const watchFunction = (
  show: readonly string[],
  wanted: Wanted,
  { title, boot }: { readonly title: string | undefined; readonly boot: number },
): Command => sh`
watch() {
  first= n=0 proof=$3
  while :; do
    output=$(${show} "$1") || return 1
    pid=$(value MainPID) began=$(value NRestarts)
    case $(value ActiveState)/$(value SubState) in
      (active/ | active/running | active/reload* | reloading/*) ;;
      (*)
        if [ -n "$first" ]; then echo "$1: $first ended while it came up" >&2; fi
        echo "$1 does not run: it is $(value ActiveState) ($(value SubState)), $(value Result)" >&2
        return ${UP_CODES.gone} ;;
    esac
    if [ "$pid" = "$2" ]; then ${ifOld(wanted)}; fi
    if [ -z "$first" ]; then first=$pid restarts=$began; fi
    if [ "$pid" != "$first" ] || [ "$began" != "$restarts" ]; then
      echo "$1 does not stay up: $first ended, and systemd restarted it" >&2
      return ${UP_CODES.gone}
    fi
    if [ "$proof" != settle ] && ${title === undefined ? sh`:` : UNSEEN}; then
      if [ "$proof" = title ]; then proof=settle; else proof=notified; fi
    fi
    case $proof in
      (notified) if [ "$n" -ge ${NOTIFIED} ]; then break; fi ;;
      (title) if titled; then break; fi ;;
      (notify) if soon titled || [ "$n" -ge ${SETTLE} ]; then break; fi ;;
      (*) if [ "$n" -ge ${SETTLE} ]; then break; fi ;;
    esac
    if [ "$n" -ge ${boot} ]; then echo "$1: $pid is not up after "${boot}" s" >&2; return ${UP_CODES.late}; fi
    sleep 1
    n=$((n + 1))
  done
  echo "$1: $pid is up"
}
`

/** What to do about a unit that is still the old process. */
const ifOld = (wanted: Wanted): Command => {
  if (wanted === 'new') return sh`echo "$1 is still the old process, $pid" >&2; return ${UP_CODES.old}`
  return wanted === 'any' ? sh`break` : sh`:`
}

/** Tests whether the title cannot be seen, or is never set, as with Java. */
const UNSEEN = sh`{ [ ! -r "/proc/$pid/cmdline" ] || [ "$(cat "/proc/$pid/comm")" = java ]; }`

const PROPERTIES = 'ActiveState,SubState,MainPID,NRestarts,Result,ControlGroup'
