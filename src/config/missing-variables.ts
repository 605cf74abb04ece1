import { isSecret, reveal } from '../values/secret.ts'
import type { ShipitError } from '../values/errors.ts'
import { collectEnvErrorsSync, isEnvError, requireVariable, noteMissingVariables } from './env-issues.ts'

/** The values that are known, and by name why others are not: their environment variables are not set. */
export interface PartialValues {
  readonly values: Readonly<Record<string, unknown>>
  readonly missing: ReadonlyMap<string, ShipitError>
}

/** The values. Those that lack variables become properties that report it when they are read. */
export const withMissing = <T extends object>(values: T, missing: PartialValues['missing']): T => {
  if (missing.size === 0) return values
  noteMissingVariables()
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(values)) as T
  for (const [key, error] of missing) {
    Object.defineProperty(copy, key, { enumerable: true, configurable: true, get: () => requireVariable(error) })
  }
  return copy
}

/** The same, also for values that hold a secret that is not set: reading such a value counts as needing it. */
export const withMissingSecrets = ({ values, missing }: PartialValues): Readonly<Record<string, unknown>> => {
  const errors = new Map(missing)
  for (const [key, value] of Object.entries(values)) {
    const error = missingError(() => revealSecrets(value))
    if (error) errors.set(key, error)
  }
  return withMissing(values, errors)
}

/** Why `evaluate` cannot finish, if environment variables are missing. Throws any other error. */
export const missingError = (evaluate: () => unknown): ShipitError | undefined => {
  try {
    collectEnvErrorsSync(evaluate)
    return undefined
  } catch (error) {
    if (isEnvError(error)) return error
    throw error
  }
}

/** The result of `evaluate`; undefined if it lacks variables, which are reported to whatever needs them. */
export const unlessMissing = <T>(evaluate: () => T): T | undefined => {
  let result: T | undefined
  return missingError(() => void (result = evaluate())) ? undefined : result
}

/** Opens every secret in a value, so that a missing one is reported. */
export const revealSecrets = (value: unknown): void => {
  if (isSecret(value)) reveal(value)
  else if (Array.isArray(value)) value.forEach(revealSecrets)
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    Object.values(value).forEach(revealSecrets)
}
