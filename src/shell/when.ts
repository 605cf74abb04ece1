import { isPresent, type Absent } from '../values/absent.ts'
import { usageError } from '../values/errors.ts'
import { isCommand } from './brand.ts'
import { command, checkGuard } from './command.ts'
import type { Command } from './types.ts'

type Steps = readonly (Command | Absent | Steps)[]

/**
 * Steps that run if the guard succeeds on the host, and others if it does not: ``when(sh`test -e x`, [sh`a`, sh`b`], [sh`c`])``. The guard is
 * asked once, before the first of them, so that they may change what it looks at. If it exits with 126 or more, that is an error. Throws a
 * ShipitError for what is not a list of steps.
 */
export const when = (guard: Command, then: Steps, otherwise: Steps = []): Steps => {
  checkGuard('when()', guard)
  const once = Object.freeze({})
  const guarded = (how: 'onlyIf' | 'unless', list: Steps): readonly Command[] =>
    flat(list).map((step) => command({ ...step.spec, guards: [{ when: how, guard, once }, ...(step.spec.guards ?? [])] }))
  return Object.freeze([...guarded('onlyIf', then), ...guarded('unless', otherwise)])
}

const flat = (list: Steps): readonly Command[] => {
  if (!Array.isArray(list))
    throw usageError('when() takes lists of steps', { hint: 'write when(guard, [sh`…`], [sh`…`]), with the brackets' })
  return (list as Steps).flatMap((item): readonly Command[] => {
    if (!isPresent(item)) return []
    if (isCommand(item)) return [item]
    if (Array.isArray(item)) return flat(item as Steps)
    throw usageError(`a step of when() must be a command, not ${typeof item}`, { hint: 'write it as sh`…`' })
  })
}
