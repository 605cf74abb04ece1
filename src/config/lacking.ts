import { isSecret, reveal } from '../values/secret.ts'
import type { ShipitError } from '../values/errors.ts'
import { collectingNow, isLackOfEnv, needed, toldLater } from './env.ts'

/** What is known of values, and by name why others are not: variables that are not set. */
export interface Partly {
  readonly values: Readonly<Record<string, unknown>>
  readonly lacks: ReadonlyMap<string, ShipitError>
}

/** The values, and those that lack variables as properties that say so when they are read. */
export const withLacks = <T extends object>(values: T, lacks: Partly['lacks']): T => {
  if (lacks.size === 0) return values
  toldLater()
  const all = Object.defineProperties({}, Object.getOwnPropertyDescriptors(values)) as T
  for (const [key, error] of lacks) {
    Object.defineProperty(all, key, { enumerable: true, configurable: true, get: () => needed(error) })
  }
  return all
}

/** The same for the ones that hold a secret which is not set: reading it is needing it. */
export const withSecretLacks = ({ values, lacks }: Partly): Readonly<Record<string, unknown>> => {
  const all = new Map(lacks)
  for (const [key, value] of Object.entries(values)) {
    const lack = lackOf(() => openAll(value))
    if (lack) all.set(key, lack)
  }
  return withLacks(values, all)
}

/** Why `evaluate` cannot be done, where that is for want of variables. Throws what else it throws. */
export const lackOf = (evaluate: () => unknown): ShipitError | undefined => {
  try {
    collectingNow(evaluate)
    return undefined
  } catch (error) {
    if (isLackOfEnv(error)) return error
    throw error
  }
}

/** What `evaluate` gives; undefined where that lacks variables, which whoever needs it is told. */
export const unlessLacking = <T>(evaluate: () => T): T | undefined => {
  let made: T | undefined
  return lackOf(() => void (made = evaluate())) ? undefined : made
}

/** Needs every secret in a value. */
export const openAll = (value: unknown): void => {
  if (isSecret(value)) reveal(value)
  else if (Array.isArray(value)) value.forEach(openAll)
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    Object.values(value).forEach(openAll)
}
