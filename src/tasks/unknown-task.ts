import { usageError, type ShipitError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { STAGE_COMMANDS } from '../values/reserved-words.ts'

/**
 * The error for a word that is neither a task nor a command, with the nearest name of either. `hint`: what to do instead of it, if known;
 * `list`: the command that lists the tasks.
 */
export const unknownTask = (
  name: string,
  tasks: Iterable<string>,
  { hint, list }: { hint: string | undefined; list: string },
): ShipitError =>
  usageError(`unknown task "${name}"${hint === undefined ? didYouMean(name, [...tasks, ...STAGE_COMMANDS]) : ''}`, {
    hint: hint ?? `see them: ${list}`,
  })
