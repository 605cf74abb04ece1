import { sh } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { verifyEnded } from '../../systemd/ended.ts'
import { areDown } from '../../systemd/recover.ts'
import { remedy } from '../../systemd/remedies.ts'
import type { Unit } from '../../systemd/state.ts'
import { act, scoped, systemctl, VALUE } from '../../systemd/systemctl.ts'
import { verifyUp } from '../../systemd/up.ts'
import type { Context } from '../manager.ts'
import { isQuiet } from '../quietness.ts'
import { leftOver, type LeftOver } from '../recovery.ts'

type Units = readonly Unit[]

/**
 * Puts back to work what ran before and what this run quieted or stopped, by the state of each unit now. If the old process is there and
 * quiet, it is restarted, unless its unit could not start again. If a unit is down, it is started. Processes that take jobs are left alone.
 */
export const recoverUnits = (c: Context, all: Units): Command[] => {
  const left = leftOver(c)
  const touched = all.filter(({ state }) => state === 'running' || state === 'starting')
  if (left === undefined || touched.length === 0) return []
  const old = left.quieted === 'none' ? [] : touched.filter(({ pid }) => pid > 0)
  return [
    ...restartQuiet(c, old, left),
    ...(left.down
      ? touched.map((unit) =>
          act(c, 'start', [unit.name])
            .onlyIf(areDown(c, [unit]))
            .allowFailure(),
        )
      : []),
    // the run has already failed for these
    ...verifyEnded(c, touched).map((command) => command.allowFailure()),
    ...(left.down ? [backAtWork(c, touched)] : []),
    ...old.map((unit) => cannotStart(c, unit, left)),
  ]
}

/** Restarts units whose main process is still the old one, and quiet. */
const restartQuiet = (c: Context, units: Units, left: LeftOver): Command[] =>
  units.map((unit) =>
    act(c, 'restart', [unit.name])
      .onlyIf(replaceable(c, unit, left))
      .allowFailure(),
  )

const replaceable = (c: Context, unit: Unit, left: LeftOver): Command =>
  scoped(c)`${ofBefore(c, unit, left)} && startable`.title(`${unit.name} is the old process, quiet, and can start again`)

/** Exits with 0 if the main process is still the old one, and quiet. */
const ofBefore = (c: Context, { name, pid }: Unit, { quieted }: LeftOver): Command => sh`${isQuiet(c)}
${VALUE}
said=$(${[...systemctl(c), 'show', '-p', 'MainPID,WorkingDirectory', name]})
dir=$(value WorkingDirectory)
${STARTABLE}
[ "$(value MainPID)" = ${pid} ] && ${quieted === 'all' ? sh`:` : sh`is_quiet ${name} ${pid}`}`

/** A unit whose folder is gone does not start (200/CHDIR). If the folder cannot be seen, assumes that it exists. */
const STARTABLE: Command = sh`startable() {
  case $dir in (/*) ;; (*) return 0 ;; esac
  if [ -d "$dir" ]; then return 0; fi
  above=$dir
  while [ -n "$above" ] && [ ! -e "$above" ]; do above=\${above%/*}; done
  [ ! -x "\${above:-/}" ]
}`

const backAtWork = (c: Context, units: Units): Command => {
  const why = remedy(
    c,
    units.map(({ name }) => name),
    'verify',
  )
  return verifyUp(c, units, 'any').hint((failed) => `it was up before this run: ${why(failed)}. Then: ${c.shipit('sidekiq:start')}`)
}

const cannotStart = (c: Context, unit: Unit, left: LeftOver): Command =>
  scoped(c)`if { ${ofBefore(c, unit, left)}; } && ! startable; then
  echo ${`${unit.name} is quiet and was not restarted: its WorkingDirectory is gone, so that it could not start again: `}"$dir" >&2
  exit 1
fi`
    .title(`check that ${unit.name} was not left quiet`)
    .hint(`set WorkingDirectory=${c.paths.current} in the unit, let systemd read it (daemon-reload), then: ${c.shipit('sidekiq:restart')}`)
