import { fact, sh } from '../../src/index.ts'
import type { Command, Fact } from '../../src/index.ts'
import { callVerb, diagnosis, inScope, journalCommand, start, systemctl, verifyStarted } from '../systemd/services.ts'
import type { ScopeSettings, SystemdContext, SystemdFacts, Unit } from '../systemd/services.ts'

export interface PumaFacts extends SystemdFacts {
  /** the process ids of Puma's current workers */
  readonly workers?: readonly string[] | undefined
}
type Context = SystemdContext & { readonly facts: PumaFacts }

/** The fact with Puma's current workers: the process ids of its main process's children (proc(5)). */
export const workersFact = (s: ScopeSettings, service: string, login: string | undefined): Fact<readonly string[]> => {
  const show = ['show', '-p', 'MainPID', '--value', service]
  const pids = (command: Command) => fact(command, ({ ok, stdout }) => (ok ? stdout.split(/\s+/).filter(Boolean) : []))
  if (s.serviceUnitUser === 'system') return pids(sh`p=$(${s.systemctlBin} ${show}) && cat "/proc/$p/task/$p/children"`)
  const tag = s.user === null || s.user === login ? sh : sh.as(s.user)
  return pids(
    tag`export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"; p=$(${s.systemctlBin} --user ${show}) && cat "/proc/$p/task/$p/children"`,
  )
}

/** Replaces the workers one after the other; the main process, and what it listens on, stays. Starts Puma if it is not running. */
export const phasedRestart = (c: Context, units: readonly Unit[], seconds: number): Command[] => {
  const service = units.filter(({ name }) => name.endsWith('.service'))
  const [puma] = service
  if (puma === undefined || (puma.state !== 'running' && puma.state !== 'unknown')) return start(c, units)
  return [callVerb(c, 'phased', service), ...(puma.pid > 0 ? [renewed(c, puma, seconds)] : verifyStarted(c, service, 'reloaded'))]
}

/** Waits until no old worker is left. Fails if the main process is replaced too. */
const renewed = (c: Context, { name, pid }: Unit, seconds: number): Command => {
  const show = [...systemctl(c), 'show', '-p', 'MainPID', '--value', name]
  const workers = c.facts.workers ?? []
  // a space around each number, so that none matches inside another
  const old = ` ${workers.join(' ')} `
  const gone = `the main process of Puma is no longer ${pid}: it ended, or was restarted as a whole`
  const late = `after ${seconds} s, old workers are left:`
  const command = inScope(c)`
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
    .hint(({ stderr }) =>
      stderr.includes('old workers') ? `see ${journalCommand(c, [name])}; ${needs(c)}` : `see ${journalCommand(c, [name])}`,
    )
    .diagnose(diagnosis(c, [name]))
}

const needs = ({ paths, shipit }: Context): string =>
  `a phased restart needs workers, \`directory '${paths.current}'\` and no preload_app! in Puma's config; and a worker that does not come up in the new ` +
  `release keeps the others waiting. Meanwhile: ${shipit('puma:restart')}`
