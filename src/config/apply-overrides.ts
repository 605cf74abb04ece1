import type { z } from 'zod'
import { isPromise } from '../values/promise.ts'
import { asSecretIfReplaced } from '../values/secret.ts'
import { defaultOf, leavesAt } from '../settings/zod-introspection.ts'
import type { PartialValues } from './missing-variables.ts'
import type { GivenSetting } from './layer-settings.ts'
import { applyPatches } from './patch.ts'
import type { Patch } from './patch.ts'
import { showPath } from '../errors/source-location.ts'
import type { Resolver } from './resolver.ts'

/** The prefix under which a setting is kept as it would be without the command line. */
const WITHOUT_FLAGS = 'without flags '

/**
 * Puts command-line values over existing settings; the key is `prefix` plus the name. A whole value replaces the old one, which is then
 * never computed. A value inside a setting waits until the setting is computed.
 */
export const applyOverrides = (
  given: Map<string, GivenSetting>,
  prefix: string,
  sets: ReadonlyMap<string, readonly Patch[]>,
  schema?: z.ZodType,
): void => {
  for (const [name, all] of sets) {
    const key = `${prefix}${name}`
    const base = given.get(key)
    const [called, ...rest] = `${prefix.replace(/^settings\./, '')}${name}`.split('.') as [string, ...string[]]
    const path = ['--set', called, rest.join('.')]
    given.set(`${WITHOUT_FLAGS}${key}`, base ?? { value: undefined, path })
    const lastWhole = all.findLastIndex(({ inside }) => inside.length === 0)
    const [first, ...more] = all.slice(Math.max(lastWhole, 0)) as [Patch, ...Patch[]]
    if (lastWhole >= 0) {
      given.set(key, { value: applyPatches(asSecretIfReplaced(base?.value, first.value), more, showPath(path.slice(1))), path })
      continue
    }
    const [leaf] = schema ? leavesAt(schema, [name]) : []
    const patch = (value: unknown): unknown => applyPatches(value ?? (leaf && defaultOf(leaf)), [first, ...more], showPath(path.slice(1)))
    const value = base?.value
    const computed = (c: never): unknown => {
      const base: unknown = typeof value === 'function' ? (value as (c: never) => unknown)(c) : value
      return isPromise(base) ? base.then(patch) : patch(base)
    }
    given.set(key, { value: computed, path: base?.path ?? path })
  }
}

/** Whether the command line gives a setting, or something inside it. For vars and settings of recipes. */
export const isPatched = (key: string, resolver: Resolver): boolean => resolver.pathOf(`${WITHOUT_FLAGS}${key}`).length > 0

/** The settings of a recipe as they would be without the command line; undefined if that sets none of them. */
export const settingsWithoutFlags = async (
  prefix: string,
  { values, missing }: PartialValues,
  resolver: Resolver,
): Promise<PartialValues | undefined> => {
  if (!resolver.has(`${WITHOUT_FLAGS}${prefix}`)) return undefined
  const original = await resolver.partly(`${WITHOUT_FLAGS}${prefix}`)
  const unchanged = <T>(given: Iterable<readonly [string, T]>) =>
    [...given].filter(([key]) => !resolver.has(`${WITHOUT_FLAGS}${prefix}${key}`))
  return {
    values: { ...Object.fromEntries(unchanged(Object.entries(values))), ...original.values },
    missing: new Map([...unchanged(missing), ...original.missing]),
  }
}
