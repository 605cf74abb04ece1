import { usageError } from '../values/errors.ts'
import { didYouMean, nearest } from '../values/nearest.ts'

/**
 * Throws (usage) for an option that a step does not have: nobody compiles a config before it runs, and `rsync()` without its misspelled
 * `exclude` would remove what it names. `maker`: `upload()`, for the error.
 */
export const checkOptions = <O extends object>(maker: string, options: O, known: readonly (keyof O & string)[]): void => {
  for (const name of Object.keys(options)) {
    if ((known as readonly string[]).includes(name)) continue
    throw usageError(`${maker} has no option "${name}"${didYouMean(name, known)}`, {
      hint: nearest(name, known) === undefined ? `it has ${known.join(', ')}` : undefined,
    })
  }
}

/** Throws (usage) unless these are patterns. A text has characters, and each would be one: the first of `*.map` is everything. */
export const checkPatterns = (maker: string, exclude: unknown): void => {
  if (!Array.isArray(exclude) || !exclude.every((one) => typeof one === 'string'))
    throw usageError(`${maker}: exclude is a list of patterns: ['*.map', 'cache/**']`)
}
