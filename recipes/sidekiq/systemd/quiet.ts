import { sh } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { logOf } from '../../systemd/remedies.ts'
import { quieting, type Unit } from '../../systemd/state.ts'
import { act, ask, scoped, systemctl, VALUE } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'
import { noteQuiet } from '../quietness.ts'

/**
 * Quiets every running process: with `reload` if that does nothing else, or else with the signal itself. One call per unit, because of
 * sudoers, each followed by a check that the process is still there.
 */
export const quietUnits = (c: Context, units: readonly Unit[]): Command[] =>
  quieting(units).flatMap(({ verb, names, known }) =>
    names.flatMap((name) => {
      const command = act(c, verb, [name])
      const unit = units.find((one) => one.name === name)!
      // a unit may have ended by itself since it was read: then there is nothing to quiet
      const told = known ? command.onlyIf(ask(c, ['is-active', '--quiet'], [name])) : command
      return unit.pid > 0 ? [told, verifyQuiet(c, unit), noteQuiet(c, [unit])] : [told]
    }),
  )

/** In microseconds: a process that ends this soon after the one before it is in a crash loop. */
const LOOP = 60e6

/**
 * Fails if the signal ended or suspended the process instead of quieting it. A process in a crash loop ends by itself, which is a warning.
 * Uses systemd's own timestamps, because a container may see a different clock.
 */
const verifyQuiet = (c: Context, { name, pid, left, restarts }: Unit): Command => {
  const failed = sh`echo ${`${name}: ${pid} ended when it was told to be quiet, and jobs may be lost: `}"now it is $(value ActiveState) ($(value Result)), PID $now" >&2
exit 1`
  const end =
    restarts === 0 || !(Number(left) > 0)
      ? failed
      : sh`left=${left} ended=$(value ActiveExitTimestampMonotonic)
lived=$((\${ended:-0} - left))
begun=${restarts ?? ''} more=0
if [ -n "$begun" ]; then more=$(($(value NRestarts) - begun)); fi
if [ "$more" -ge 2 ] || { [ "$lived" -gt 0 ] && [ "$lived" -lt ${LOOP} ]; }; then
  echo ${`${name}: ${pid} has ended, and others did shortly before or after it: it does not stay up. A job that it had begun may be lost`} >&2
  exit 3
fi
${failed}`
  return scoped(c)`${VALUE}
said=$(${[...systemctl(c), 'show', '-p', 'ActiveState,MainPID,Result,NRestarts,ActiveExitTimestampMonotonic', name]})
now=$(value MainPID)
if [ "$now" = ${pid} ]; then
  case $(sed 's/.*) //' ${`/proc/${pid}/stat`} 2>/dev/null) in (T*) echo ${`${name}: TSTP suspended ${pid} instead of quieting it`} >&2; exit 2 ;; esac
  exit 0
fi
if [ "$(value ActiveState)/$(value Result)" = inactive/success ]; then echo ${`${name} has ended by itself`}; exit 0; fi
${end}`
    .title(`check that ${name} is still the same process`)
    .allowFailure({ codes: [3] })
    .hint(({ code }) =>
      code === 2
        ? `this Sidekiq, or what wraps it, does not know TSTP. Resume it: sudo kill -s CONT ${pid}. Quieting by TSTP needs Sidekiq 5 or newer as the main process (exec in ExecStart)`
        : `see ${logOf(c, [name])}`,
    )
}
