import type { Command } from '../../src/index.ts'
import { callVerb, verifyStarted } from './lifecycle.ts'
import { restartQuieted } from './quiet.ts'
import { type Context, systemctl } from './scope.ts'
import { type Unit, namesOf } from './state.ts'
import { forgetFailures, inScope, VALUE_FUNCTION } from './systemctl.ts'

/**
 * Restarts units that ran before, if this run stopped them and did not complete a start, so that a run that is interrupted or fails in between
 * leaves none down or quiet. Does not retry a start that itself failed. `tasks`: the prefix of the task names.
 */
export const recover = (c: Context, units: readonly Unit[], tasks: string): Command[] => {
  const ran = (task: string) => c.failure?.ran(`${tasks}:${task}`) ?? 'no'
  const began = [ran('start'), ran('restart')]
  if (began.some((how) => how === 'done' || how === 'failed')) return []
  const quieted = ran('quiet') === 'no' ? [] : restartQuieted(c, units)
  if ([ran('stop'), ...began].every((how) => how === 'no')) return [...quieted]
  const before = units.filter(({ state, kind }) => kind !== 'once' && (state === 'running' || state === 'starting'))
  if (before.length === 0) return [...quieted]
  const names = namesOf(units)
  return [
    ...quieted,
    forgetFailures(c, names),
    callVerb(c, 'start', units).onlyIf(someAreDown(c, before)).allowFailure(),
    ...verifyStarted(c, before, 'any'),
  ]
}

/** A guard that passes if one of the units does not run. */
export const someAreDown = (c: Context, units: readonly Unit[]): Command => {
  const names = namesOf(units)
  return inScope(c)`${VALUE_FUNCTION}
for one in ${names}; do
  output=$(${[...systemctl(c), 'show', '-p', 'ActiveState,SubState']} "$one")
  case $(value ActiveState)/$(value SubState) in (active/exited) exit 0 ;; (active/* | reloading/*) ;; (*) exit 0 ;; esac
done
exit 1`.title(`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} down`)
}
