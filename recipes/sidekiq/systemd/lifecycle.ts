import { sh } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import {
  forgetFailures,
  inScope,
  remedy,
  runVerb,
  someAreDown,
  systemctl,
  unitsOf as states,
  VALUE_FUNCTION,
  verifyEnded,
  verifyNotPinned,
  verifyUp,
} from '../../systemd/services.ts'
import type { Unit } from '../../systemd/services.ts'
import { partedByPresence } from '../manager.ts'
import { isQuiet, leftOver, type LeftOver } from '../quietness.ts'
import { unitNames } from '../units.ts'
import { runVerbs } from './calls.ts'
import { quietUnits, warnOfLoops } from './quiet.ts'
import type { Context } from './service.ts'

type Units = readonly Unit[]

/** The units of this host as they were when it was read. */
export const unitsOf = ({ settings, facts }: Pick<Context, 'settings' | 'facts'>): Units => {
  const names = unitNames(settings)
  return states(facts.units, unitNames({ ...settings, only: undefined })).filter(({ name }) => names.includes(name))
}

/** Quiets every running process. */
export const quiet = (c: Context): Command[] => [...warnOfLoops(c, unitsOf(c)), ...quietUnits(c, unitsOf(c))]

export const stop = (c: Context): Command[] => {
  const { present } = partedByPresence(c, unitsOf(c))
  return [...runVerbs(c, 'stop', present), ...verifyEnded(c, present)]
}

/** `start` or `restart`, then a check that they are up. */
export const bringUp = (c: Context, verb: 'start' | 'restart'): Command[] => {
  const { present, absent } = partedByPresence(c, unitsOf(c))
  const names = present.map(({ name }) => name)
  // with your own hooks, a start may run without a stop, and then it does nothing
  const idle = verb === 'start' && c.deploy.releasing && !c.settings.defaultHooks
  const fresh = verb === 'restart' || c.deploy.releasing
  return [
    ...(names.length > 0 ? [forgetFailures(c, names)] : []),
    ...runVerbs(c, verb, present),
    ...(idle ? restartOld(c, present) : []),
    ...(verb === 'restart' || idle ? verifyEnded(c, present) : []),
    ...(names.length > 0 ? [verifyUp(c, present, fresh ? 'new' : 'any')] : []),
    ...verifyNotPinned(c, names),
    ...runVerbs(c, verb, absent).map((command) => command.allowFailure({ codes: [5] })),
  ]
}

/** Restarts units whose main process is still the old one. */
const restartOld = (c: Context, units: Units): Command[] =>
  units
    .filter(({ pid }) => pid > 0)
    .map(({ name, pid }) => {
      const show = [...systemctl(c), 'show', '-p', 'MainPID', name]
      return runVerb(c, 'restart', [name]).onlyIf(inScope(c)`${show} | grep -qx ${`MainPID=${pid}`}`)
    })

/**
 * Puts back to work what ran before and what this run quieted or stopped, by the state of each unit now. If the old process is there and
 * quiet, it is restarted, unless its unit could not start again. If a unit is down, it is started. Processes that take jobs are left alone,
 * and so are units of other applications.
 */
export const recover = (c: Context): Command[] => {
  const { left, touched, old } = leftOver(c, unitsOf(c))
  if (left === undefined) return []
  return [
    ...old.map((unit) =>
      runVerb(c, 'restart', [unit.name])
        .onlyIf(
          inScope(c)`${isOldAndQuiet(c, unit, left)} && startable`.title(`${unit.name} is the old process, quiet, and can start again`),
        )
        .allowFailure(),
    ),
    ...(left.down
      ? touched.flatMap((unit) => [
          // systemd may have given up on units that ended at the signal again and again
          forgetFailures(c, [unit.name]),
          runVerb(c, 'start', [unit.name])
            .onlyIf(someAreDown(c, [unit]))
            .allowFailure(),
        ])
      : []),
    // the run has already failed for these
    ...verifyEnded(c, touched).map((command) => command.allowFailure()),
    ...(left.down ? [verifyBackUp(c, touched)] : []),
    ...old.map((unit) => cannotStart(c, unit, left)),
  ]
}

/** Exits with 0 if the main process is still the old one, and quiet. */
const isOldAndQuiet = (c: Context, { name, pid }: Unit, { quieted }: LeftOver): Command => sh`${isQuiet(c)}
${VALUE_FUNCTION}
output=$(${[...systemctl(c), 'show', '-p', 'MainPID,WorkingDirectory', name]})
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

const verifyBackUp = (c: Context, units: Units): Command => {
  const why = remedy(
    c,
    units.map(({ name }) => name),
    'verify',
  )
  return verifyUp(c, units, 'any').hint((failed) => `it was up before this run: ${why(failed)}. Then: ${c.shipit('sidekiq:start')}`)
}

const cannotStart = (c: Context, unit: Unit, left: LeftOver): Command =>
  inScope(c)`if { ${isOldAndQuiet(c, unit, left)}; } && ! startable; then
  echo ${`${unit.name} is quiet and was not restarted: its WorkingDirectory is gone, so that it could not start again: `}"$dir" >&2
  exit 1
fi`
    .title(`check that ${unit.name} was not left quiet`)
    .hint(`set WorkingDirectory=${c.paths.current} in the unit, let systemd read it (daemon-reload), then: ${c.shipit('sidekiq:restart')}`)
