import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { each } from '../shell.ts'
import { remedy } from './remedies.ts'
import type { Context } from './scope.ts'
import { SIDEKIQ } from './service.ts'
import type { Unit } from './state.ts'
import { journal, scoped, systemctl, VALUE } from './systemctl.ts'

/** Exit codes of {@link verifyUp}. */
const UP_CODES = { old: 4, gone: 6, late: 7 } as const

/** Seconds that a process must run without a restart: `SETTLE` if nothing else proves that it is up, `TOLD` if it has notified systemd. */
const SETTLE = 10
const TOLD = 1

/** `new`: not the old process; `any`: the old one is fine, since it was left alone; `reloaded`: it may be the old one, but must stay up. */
export type Wanted = 'new' | 'any' | 'reloaded'

/**
 * Fails, with their names, for units that do not run, that systemd restarted while they came up, or that are still the old process although
 * a new one is wanted. The proof that a unit is up is the title that the service sets when it is ready, which is waited for; else, with
 * Type=notify, that it notified systemd and still runs a moment later; else that it runs for a while without a restart. A notification is
 * not enough: Sidekiq sends it before the `startup` hooks of the application, which may end it.
 */
export const verifyUp = (c: Context, units: readonly Unit[], wanted: Wanted): Command => {
  const names = units.map((unit) => unit.name)
  const { title, boot = 90 } = c.service ?? SIDEKIQ
  const show = [...systemctl(c), 'show', '-p', PROPERTIES]
  const proof = ({ notifies }: Unit) => (notifies ? 'notify' : title === undefined ? 'settle' : 'title')
  const before = ({ pid }: Unit) => (pid > 0 ? pid : 'none')
  const ofBefore =
    wanted === 'new' ? sh`echo "$1 is still the old process, $pid" >&2; return ${UP_CODES.old}` : wanted === 'any' ? sh`break` : sh`:`
  return scoped(c)`
${VALUE}
titled() {
  group=$(value ControlGroup) group=\${group:-/none}
  for one in "$pid" $(cat "/sys/fs/cgroup$group/cgroup.procs" "/sys/fs/cgroup/systemd$group/cgroup.procs" 2>/dev/null || :); do
    if tr '\0' '\n' < "/proc/$one/cmdline" | grep -qE ${title ?? '^$'}; then return 0; fi
  done 2>/dev/null
  return 1
}
soon() {
  for _ in 1 2 3 4 5 6 7 8; do
    if "$@"; then return 0; fi
    sleep 0.1 2>/dev/null || return 1
  done
  return 1
}
watch() {
  first= n=0 proof=$3
  while :; do
    said=$(${show} "$1") || return 1
    pid=$(value MainPID) began=$(value NRestarts)
    case $(value ActiveState)/$(value SubState) in
      (active/ | active/running | active/reload* | reloading/*) ;;
      (*)
        if [ -n "$first" ]; then echo "$1: $first ended while it came up" >&2; fi
        echo "$1 does not run: it is $(value ActiveState) ($(value SubState)), $(value Result)" >&2
        return ${UP_CODES.gone} ;;
    esac
    if [ "$pid" = "$2" ]; then ${ofBefore}; fi
    if [ -z "$first" ]; then first=$pid restarts=$began; fi
    if [ "$pid" != "$first" ] || [ "$began" != "$restarts" ]; then
      echo "$1 does not stay up: $first ended, and systemd restarted it" >&2
      return ${UP_CODES.gone}
    fi
    if [ "$proof" != settle ] && ${title === undefined ? sh`:` : sh`{ [ ! -r "/proc/$pid/cmdline" ] || [ "$(cat "/proc/$pid/comm")" = java ]; }`}; then
      if [ "$proof" = title ]; then proof=settle; else proof=told; fi
    fi
    case $proof in
      (told) if [ "$n" -ge ${TOLD} ]; then break; fi ;;
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
${each(
  'watch',
  units.map((unit) => [unit.name, before(unit), proof(unit)]),
)}`
    .title(`check that ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} up`)
    .hint(remedy(c, names, 'verify'))
    .diagnose(journal(c, names))
}

const PROPERTIES = 'ActiveState,SubState,MainPID,NRestarts,Result,ControlGroup'
