import { isSecret, reveal } from '../values/secret.ts'
import type { ShipitError } from '../values/errors.ts'
import { collectingNow, isLackOfEnv, needed, toldLater } from './env.ts'

/** The values that are known, and by name why others are not: their environment variables are not set. */
export interface Partly {
  readonly values: Readonly<Record<string, unknown>>
  readonly lacks: ReadonlyMap<string, ShipitError>
}

/** The values. Those that lack variables become properties that report it when they are read. */
export const withLacks = <T extends object>(values: T, lacks: Partly['lacks']): T => {
  if (lacks.size === 0) return values
  toldLater()
  const all = Object.defineProperties({}, Object.getOwnPropertyDescriptors(values)) as T
  for (const [key, error] of lacks) {
    Object.defineProperty(all, key, { enumerable: true, configurable: true, get: () => needed(error) })
  }
  return all
}

/** The same, also for values that hold a secret that is not set: reading such a value counts as needing it. */
export const withSecretLacks = ({ values, lacks }: Partly): Readonly<Record<string, unknown>> => {
  const all = new Map(lacks)
  for (const [key, value] of Object.entries(values)) {
    const lack = lackOf(() => openAll(value))
    if (lack) all.set(key, lack)
  }
  return withLacks(values, all)
}

/** Why `evaluate` cannot finish, if environment variables are missing. Throws any other error. */
export const lackOf = (evaluate: () => unknown): ShipitError | undefined => {
  try {
    collectingNow(evaluate)
    return undefined
  } catch (error) {
    if (isLackOfEnv(error)) return error
    throw error
  }
}

/** The result of `evaluate`; undefined if it lacks variables, which are reported to whatever needs them. */
export const unlessLacking = <T>(evaluate: () => T): T | undefined => {
  let made: T | undefined
  return lackOf(() => void (made = evaluate())) ? undefined : made
}

/** Opens every secret in a value, so that a missing one is reported. */
export const openAll = (value: unknown): void => {
  if (isSecret(value)) reveal(value)
  else if (Array.isArray(value)) value.forEach(openAll)
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    Object.values(value).forEach(openAll)
}
