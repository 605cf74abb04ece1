import type { z } from 'zod'
import { explainIssues } from '../settings/zod-problems.ts'
import { didYouMean } from '../values/nearest.ts'
import { usageError } from '../values/errors.ts'

/** The options of a task as code gives them, by the task's schema, with defaults. Throws (usage) for an unknown, missing or wrong one. */
export const parseCallArgs = (
  task: string,
  schema: z.ZodObject | undefined,
  given: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => {
  const known = Object.keys(schema?.shape ?? {})
  const unknown = Object.keys(given).find((key) => !known.includes(key))
  if (unknown !== undefined)
    throw usageError(`${task} has no option ${unknown}${didYouMean(unknown, known)}`, {
      hint: known.length === 0 ? 'options are declared in args of the task: args: z.object({ … })' : `its options: ${known.join(', ')}`,
    })
  const result = schema?.safeParse(given)
  if (result === undefined || result.success) return result?.data ?? {}
  const missing = result.error.issues.map(({ path: [key] }) => String(key)).find((key) => given[key] === undefined)
  if (missing !== undefined) throw usageError(`${task} needs ${missing}`, { hint: `invoke('${task}', { ${missing}: … })` })
  const [problem] = explainIssues(schema!, given, result.error.issues)
  throw usageError(`${String(problem!.path[0])} of ${task}: ${problem!.message}`)
}
