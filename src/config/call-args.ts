import type { z } from 'zod'
import { explainIssues } from '../settings/zod-problems.ts'
import { partsOf, type FindTask, type Part } from '../tasks/parts.ts'
import { takerOf } from '../tasks/rest-words.ts'
import { didYouMean } from '../values/nearest.ts'
import { usageError } from '../values/errors.ts'

type Args = Readonly<Record<string, unknown>>

/** What code gives to a task that it invokes. */
export interface GivenToTask {
  readonly args: Args | undefined
  readonly rest: readonly string[] | undefined
}

/**
 * The options and words of a task as code gives them, for it and for the parts of a sequence, by the task's name: by its schema, with
 * defaults. Throws (usage) for an unknown, missing or wrong one, and for words that no task takes, or several.
 */
export const parseCall = (task: string, find: FindTask, { args = {}, rest }: GivenToTask) => {
  const parts = partsOf(task, find)
  const schemas = parts.flatMap(({ name, def }) => (def.args === undefined ? [] : [{ name, schema: def.args as unknown as z.ZodObject }]))
  const known = [...new Set(schemas.flatMap(({ schema }) => Object.keys(schema.shape)))]
  const unknown = Object.keys(args).find((key) => !known.includes(key))
  if (unknown !== undefined)
    throw usageError(`${task} has no option ${unknown}${didYouMean(unknown, known)}`, {
      hint: known.length === 0 ? 'options are declared in args of the task: args: z.object({ … })' : `its options: ${known.join(', ')}`,
    })
  return {
    args: new Map(schemas.map(({ name, schema }) => [name, parseArgs(task, name, schema, args)])),
    rest: rest === undefined ? new Map<string, readonly string[]>() : restOf(task, parts, rest),
  }
}

const parseArgs = (task: string, name: string, schema: z.ZodObject, all: Args): Args => {
  const given = Object.fromEntries(Object.entries(all).filter(([key]) => Object.hasOwn(schema.shape, key)))
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const missing = result.error.issues.map(({ path: [key] }) => String(key)).find((key) => given[key] === undefined)
  if (missing !== undefined) throw usageError(`${name} needs ${missing}`, { hint: `invoke('${task}', { ${missing}: … })` })
  const [problem] = explainIssues(schema, given, result.error.issues)
  throw usageError(`${String(problem!.path[0])} of ${name}: ${problem!.message}`)
}

const restOf = (task: string, parts: readonly Part[], rest: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  if (!Array.isArray(rest) || rest.some((word) => typeof word !== 'string'))
    throw usageError(`invoke('${task}'): its words are a list of strings`, { hint: `invoke('${task}', {}, ['a', 'b'])` })
  const taker = takerOf(parts, rest)
  return taker === undefined ? new Map() : new Map([[taker, rest]])
}
