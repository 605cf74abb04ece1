import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { call, start, up } from '../systemd/lifecycle.ts'
import { logOf } from '../systemd/remedies.ts'
import type { Context, ScopeSettings } from '../systemd/scope.ts'
import type { Unit } from '../systemd/state.ts'
import { journal, scoped, systemctl } from '../systemd/systemctl.ts'

/** The fact with Puma's current workers: the process ids of its main process's children (proc(5)). */
export const workersFact = (s: ScopeSettings, service: string, login: string | undefined): Command => {
  const show = ['show', '-p', 'MainPID', '--value', service]
  if (s.serviceUnitUser === 'system') return sh`p=$(${s.systemctlBin} ${show}) && cat "/proc/$p/task/$p/children"`.probe()
  const tag = s.user === null || s.user === login ? sh : sh.as(s.user)
  return tag`export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"; p=$(${s.systemctlBin} --user ${show}) && cat "/proc/$p/task/$p/children"`.probe()
}

/** Replaces the workers one after the other; the main process, and what it listens on, stays. Starts Puma if it is not running. */
export const phasedRestart = (c: Context, units: readonly Unit[], seconds: number): Command[] => {
  const service = units.filter(({ name }) => name.endsWith('.service'))
  const [puma] = service
  if (puma === undefined || (puma.state !== 'running' && puma.state !== 'unknown')) return start(c, units)
  return [call(c, 'phased', service), ...(puma.pid > 0 ? [renewed(c, puma, seconds)] : up(c, service, 'reloaded'))]
}

/** Waits until no old worker is left. Fails if the main process is replaced too. */
const renewed = (c: Context, { name, pid }: Unit, seconds: number): Command => {
  const show = [...systemctl(c), 'show', '-p', 'MainPID', '--value', name]
  const workers = c.facts.workers?.ok ? c.facts.workers.stdout.split(/\s+/).filter(Boolean) : []
  // a space around each number, so that none matches inside another
  const old = ` ${workers.join(' ')} `
  const gone = `the main process of Puma is no longer ${pid}: it ended, or was restarted as a whole`
  const late = `after ${seconds} s, old workers are left:`
  const command = scoped(c)`
n=0 old=${old}
while :; do
  [ "$(${show})" = ${pid} ] || { echo ${gone} >&2; exit 1; }
  left= new=0
  for w in $(cat ${`/proc/${pid}/task/${pid}/children`} || :); do
    case $old in *" $w "*) left="$left $w" ;; *) new=$((new + 1)) ;; esac
  done
  [ "$n" -lt 2 ] || [ -n "$left" ] || [ "$new" -lt ${workers.length} ] || exit 0
  [ "$n" -lt ${seconds} ] || { echo ${late}"\${left:- none, but too few new ones}" >&2; exit 1; }
  n=$((n + 1))
  sleep 1
done`
  return command
    .title(`wait until the workers of ${name} are new ones`)
    .hint(({ stderr }) => (stderr.includes('old workers') ? `see ${logOf(c, [name])}; ${needs(c)}` : `see ${logOf(c, [name])}`))
    .diagnose(journal(c, [name]))
}

const needs = ({ paths, shipit }: Context): string =>
  `a phased restart needs workers, \`directory '${paths.current}'\` and no preload_app! in Puma's config; and a worker that does not come up in the new ` +
  `release keeps the others waiting. Meanwhile: ${shipit('puma:restart')}`
