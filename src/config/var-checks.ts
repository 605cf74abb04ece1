import type { z } from 'zod'
import { showPath } from '../errors/source-location.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { explainIssues } from '../settings/zod-problems.ts'
import { usageError, type ShipitError } from '../values/errors.ts'
import { isStandIn } from './answers.ts'
import { isOpen } from './declared-vars.ts'
import { collectSettingErrors } from './env-issues.ts'
import type { GivenSetting } from './layer-settings.ts'

// Each var of a config is checked by itself when it is first read, so that late settings, too, get what the schema makes of it.

/** In front of the name of a var, among the keys of settings. */
export const VARS = 'vars.'

interface CheckOptions {
  readonly stage: string
  readonly given: ReadonlyMap<string, GivenSetting>
  readonly problems: Problem[]
}

/**
 * By the key of a var: what makes its value of the one that was given. Adds mistakes to `problems`, and then throws an error that
 * {@link isWrongVar} knows: what reads the var cannot be computed, and that is no mistake of its own.
 */
export const varChecks = (
  schema: z.ZodObject | undefined,
  { stage, given, problems }: CheckOptions,
): ReadonlyMap<string, (value: unknown) => unknown> => {
  if (schema === undefined) return new Map()
  return new Map(
    [...given].flatMap(([key, { path }]) => {
      const name = key.startsWith(VARS) ? key.slice(VARS.length) : undefined
      const one = name === undefined ? undefined : schemaOf(schema, name)
      if (name === undefined || one === undefined) return []
      const check = (value: unknown): unknown => {
        const result = parse(one, value)
        if (result.success) return result.data
        if (isStandIn(value)) return value
        problems.push(
          ...explainIssues(one, value, result.error.issues, 'vars').map((problem) => varProblem(problem, name, { path, stage })),
        )
        throw wrongVar(name)
      }
      return [[key, check] as const]
    }),
  )
}

/** Variables that the code of the schema lacks become an error of the var, which is reported to whatever needs it. Throws that error. */
export const parse = (schema: z.ZodType, value: unknown) =>
  collectSettingErrors(
    () => schema.safeParse(value),
    () => false,
  ) as z.ZodSafeParseResult<unknown>

/** The schema of a var; undefined if it may not be there. */
export const schemaOf = (schema: z.ZodObject, name: string): z.ZodType | undefined => {
  if (Object.hasOwn(schema.shape, name)) return (schema.shape as Readonly<Record<string, z.ZodType>>)[name]
  return isOpen(schema) ? (schema.def.catchall as z.ZodType) : undefined
}

/** A problem in a var, at the place that gave it; if none did, the stage is the place. */
export const varProblem = (
  { path: inside, message }: Problem,
  name: string,
  { path, stage }: { path: ConfigPath; stage: string },
): Problem => {
  if (path.length > 0) return { path: [...path, ...inside], message }
  const missing = message.replace(/^(expected .*), found nothing$/, 'is missing: $1')
  const key = showPath(['vars', name, ...inside])
  return { path: ['stages', stage], message: missing.startsWith('is missing') ? `${key} ${missing}` : `${key}: ${missing}` }
}

const wrongVars = new WeakSet<object>()
/** Known by its cause, which stays when the error gets a place in the config. */
const wrongVar = (name: string): ShipitError => {
  const cause = new Error(`vars.${name} is wrong`)
  wrongVars.add(cause)
  return usageError(cause.message, { cause })
}

/** Whether something could not be computed because a var is wrong. The problem with the var is reported by itself. */
export const isWrongVar = (error: unknown): error is ShipitError =>
  error instanceof Error && error.cause instanceof Error && wrongVars.has(error.cause)
