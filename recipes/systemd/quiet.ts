import { sh } from '../../src/index.ts'
import type { Command, Failed, Path } from '../../src/index.ts'
import { refuseForeign } from './ownership/refuse.ts'
import { journalCommand } from './remedies.ts'
import { systemctl, type Context } from './scope.ts'
import { type Unit, namesOf } from './state.ts'
import { diagnosis, diagnosisText, inScope, query, runVerb, VALUE_FUNCTION } from './systemctl.ts'

/**
 * Sends the main process of each running unit the signal that makes it take no new work, and checks that it is still the same process: one
 * that does not handle the signal ends. Makes one call per unit, because of sudoers.
 */
export const quietUnits = (c: Context, units: readonly Unit[], signal: string): readonly Command[] => {
  const running = units.filter(({ kind, state, pid }) => kind === 'service' && state === 'running' && pid > 0)
  const refused = refuseForeign(c, namesOf(running))
  if (refused !== undefined) return [refused]
  return running.flatMap((unit) => [
    noteSignalled(c, unit),
    // it may have ended by itself since it was read: then there is nothing to quiet
    runVerb(c, `signal:${signal}`, [unit.name]).onlyIf(query(c, ['is-active', '--quiet'], [unit.name])),
    verifyQuiet(c, unit, signal),
  ])
}

/** After a failure, restarts the units that this run quieted and that still have their old process, which would take no work. */
export const restartQuieted = (c: Context, units: readonly Unit[]): readonly Command[] =>
  units
    .filter(({ kind, state, pid }) => kind === 'service' && state === 'running' && pid > 0)
    .map((unit) =>
      runVerb(c, 'restart', [unit.name])
        .onlyIf(inScope(c)`${isOld(c, unit)}`.title(`${unit.name} is the old process, quiet`))
        .allowFailure(),
    )

const isOld = (c: Context, { name, pid }: Unit): Command =>
  sh`[ "$(${[...systemctl(c), 'show', '-p', 'MainPID', '--value', name]})" = ${pid} ]`

/** The folder of the notes about quieted processes. */
export const quietNotes = (c: Pick<Context, 'paths'>): Path => c.paths.deployTo.join('.shipit', 'quiet')

/** Notes, right before the signal, that this process is there to get it: `PID`, or nothing if it has ended already. */
export const noteSignalled = (c: Pick<Context, 'paths'>, { name, pid }: Pick<Unit, 'name' | 'pid'>): Command => {
  const note = quietNotes(c).join(`${name}.told`)
  return sh`mkdir -p ${quietNotes(c)} || exit 0
if [ -d ${`/proc/${pid}`} ]; then echo ${pid}; fi > ${note} || rm -f ${note} || :`.title('note which process gets the signal')
}

/**
 * The diagnosis of a reload that failed, perhaps because the process ended while systemd waited for it. Then {@link verifyQuiet} does not
 * run, so this notes the end for the next one.
 */
export const diagnoseReload = (c: Context, { name, pid }: Pick<Unit, 'name' | 'pid'>): Command => {
  const notes = quietNotes(c)
  const show = [...systemctl(c), 'show', '-p', 'ActiveExitTimestampMonotonic', '--value', name]
  return inScope(c)`if [ "$(cat ${notes.join(`${name}.told`)} 2>/dev/null)" = ${pid} ] && [ ! -d ${`/proc/${pid}`} ]; then
  { ${show} > ${notes.join(`${name}.killed`)}; } 2>/dev/null || :
fi
${diagnosisText(c, [name])}`
}

/** In microseconds: a process that ends this soon after the one before it is in a crash loop. */
const LOOP = 60e6

/**
 * Exit codes: it ended, and why is not known; it is suspended; it is in a crash loop, which is a warning; the signal ended it; it stopped
 * without an error when it got the signal, which is a warning.
 */
const CODES = { ended: 1, suspended: 2, loops: 3, killed: 4, stopped: 5 } as const

/**
 * Fails if the signal ended or suspended the process instead of quieting it. Waits at most half a second for that, because a process that a
 * signal ends takes a moment.
 *
 * A process in a crash loop ends by itself, signal or not, which is a warning: otherwise a rollback out of the loop would fail. It is one if
 * the process before it ended shortly before, unless that was by an earlier signal of ours (its end is noted), or if others ended after it.
 * Uses systemd's own timestamps, because a container may see a different clock.
 */
export const verifyQuiet = (c: Context, unit: Unit, signal: string, needs?: string): Command => {
  const { name, pid } = unit
  const notes = quietNotes(c)
  const unknown = `this process, or what wraps it, does not handle ${signal}`
  const hint = ({ code }: Failed) =>
    [
      ...(code === CODES.suspended ? [`${unknown}. Resume it: sudo kill -s CONT ${pid}`] : []),
      ...(code === CODES.killed ? [unknown] : []),
      ...(code === CODES.stopped ? [`a process that ends at ${signal} cannot be quieted by it`] : []),
      ...(needs !== undefined && (code === CODES.suspended || code === CODES.killed) ? [needs] : []),
      `see ${journalCommand(c, [name])}`,
    ].join('. ')
  return inScope(c)`${VALUE_FUNCTION}
for wait in 1 2 3 4 5; do if [ ! -d ${`/proc/${pid}`} ]; then break; fi; sleep 0.1 2>/dev/null || sleep 1; done
output=$(${[...systemctl(c), 'show', '-p', 'ActiveState,MainPID,Result,NRestarts,ActiveExitTimestampMonotonic', name]})
now=$(value MainPID)
if [ "$now" = ${pid} ]; then
  case $(sed 's/.*) //' ${`/proc/${pid}/stat`} 2>/dev/null) in (T*) echo ${`${name}: ${signal} suspended ${pid} instead of quieting it`} >&2; exit ${CODES.suspended} ;; esac
  exit 0
fi
code=${CODES.ended}
if [ "$(cat ${notes.join(`${name}.told`)} 2>/dev/null)" = ${pid} ]; then code=${CODES.killed}; fi
if [ "$(value ActiveState)/$(value Result)" = inactive/success ]; then
  [ "$code" = ${CODES.killed} ] || { echo ${`${name} has ended by itself`}; exit 0; }
  echo ${`${name}: process ${pid} ended after ${signal}, without an error: it is down until it is started again`} >&2
  exit ${CODES.stopped}
fi
${exitIfLooping(unit, notes.join(`${name}.killed`))}
if [ "$code" = ${CODES.killed} ]; then { value ActiveExitTimestampMonotonic > ${notes.join(`${name}.killed`)}; } 2>/dev/null || :; fi
echo ${`${name}: process ${pid} ended after ${signal}, which should only have stopped it taking work; work may be lost. `}"Now it is $(value ActiveState) ($(value Result)), PID $now" >&2
exit "$code"`
    .title(`check that ${name} is still the same process`)
    .allowFailure({ codes: [CODES.loops, CODES.stopped] })
    .hint(hint)
    .diagnose(diagnosis(c, [name]))
}

const exitIfLooping = ({ name, pid, left, restarts }: Unit, killed: Path): Command =>
  restarts === 0 || !(Number(left) > 0)
    ? sh`:`
    : sh`left=${left} ended=$(value ActiveExitTimestampMonotonic)
lived=$((\${ended:-0} - left))
begun=${restarts ?? ''} more=0
if [ -n "$begun" ]; then more=$(($(value NRestarts) - begun)); fi
signalled=$(cat ${killed} 2>/dev/null || :)
if [ "$more" -ge 2 ] || { { [ "$code" != ${CODES.killed} ] || [ "$signalled" != "$left" ]; } && [ "$lived" -gt 0 ] && [ "$lived" -lt ${LOOP} ]; }; then
  echo ${`${name}: process ${pid} has ended, as others did shortly before or after it: it does not stay up. Work that it had begun may be lost`} >&2
  exit ${CODES.loops}
fi`
