import type { Command } from '../../src/index.ts'
import { call, up } from './lifecycle.ts'
import type { Context } from './scope.ts'
import type { Unit } from './state.ts'
import { scoped, systemctl, VALUE } from './systemctl.ts'

/**
 * Starts again what ran before, if this run stopped it and did not complete a start, so that a run that is interrupted or fails in between
 * leaves nothing down. Does not retry a start that failed by itself. `tasks`: the prefix of the task names.
 */
export const recover = (c: Context, units: readonly Unit[], tasks: string): Command[] => {
  const ran = (task: string) => c.failure?.ran(`${tasks}:${task}`) ?? 'no'
  const began = [ran('start'), ran('restart')]
  if (began.some((how) => how === 'done' || how === 'failed') || [ran('stop'), ...began].every((how) => how === 'no')) return []
  const before = units.filter(({ state, kind }) => kind !== 'once' && (state === 'running' || state === 'starting'))
  if (before.length === 0) return []
  return [call(c, 'start', units).onlyIf(areDown(c, before)).allowFailure(), ...up(c, before, 'any')]
}

/** A guard that passes if one of the units does not run. */
export const areDown = (c: Context, units: readonly Unit[]): Command => {
  const names = units.map(({ name }) => name)
  return scoped(c)`${VALUE}
for one in ${names}; do
  said=$(${[...systemctl(c), 'show', '-p', 'ActiveState,SubState']} "$one")
  case $(value ActiveState)/$(value SubState) in (active/exited) exit 0 ;; (active/* | reloading/*) ;; (*) exit 0 ;; esac
done
exit 1`.title(`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} down`)
}
