import type { z } from 'zod'
import { isPromise } from '../values/promise.ts'
import { replacing } from '../values/secret.ts'
import { defaultOf, leavesAt } from './keys.ts'
import type { Partly } from './lacking.ts'
import type { Given } from './layer.ts'
import { patched } from './patch.ts'
import type { Patch } from './patch.ts'
import { showPath } from '../errors/source-location.ts'
import type { Resolver } from './resolver.ts'

/** The prefix under which a setting is kept as it would be without the command line. */
const UNDER = 'under '

/**
 * Puts command-line values over existing settings; the key is `prefix` plus the name. A whole value replaces the old one, which is then
 * never computed. A value inside a setting waits until the setting is computed.
 */
export const overlay = (
  given: Map<string, Given>,
  prefix: string,
  sets: ReadonlyMap<string, readonly Patch[]>,
  schema?: z.ZodType,
): void => {
  for (const [name, all] of sets) {
    const key = `${prefix}${name}`
    const base = given.get(key)
    const [called, ...rest] = `${prefix.replace(/^settings\./, '')}${name}`.split('.') as [string, ...string[]]
    const path = ['--set', called, rest.join('.')]
    given.set(`${UNDER}${key}`, base ?? { value: undefined, path })
    const from = all.findLastIndex(({ inside }) => inside.length === 0)
    const [first, ...more] = all.slice(Math.max(from, 0)) as [Patch, ...Patch[]]
    if (from >= 0) {
      given.set(key, { value: patched(replacing(base?.value, first.value), more, showPath(path.slice(1))), path })
      continue
    }
    const [leaf] = schema ? leavesAt(schema, [name]) : []
    const put = (value: unknown): unknown => patched(value ?? (leaf && defaultOf(leaf)), [first, ...more], showPath(path.slice(1)))
    const value = base?.value
    const late = (c: never): unknown => {
      const made: unknown = typeof value === 'function' ? (value as (c: never) => unknown)(c) : value
      return isPromise(made) ? made.then(put) : put(made)
    }
    given.set(key, { value: late, path: base?.path ?? path })
  }
}

/** The settings of a recipe as they would be without the command line; undefined if that sets none of them. */
export const withoutFlags = async (prefix: string, { values, lacks }: Partly, resolver: Resolver): Promise<Partly | undefined> => {
  if (!resolver.has(`${UNDER}${prefix}`)) return undefined
  const under = await resolver.partly(`${UNDER}${prefix}`)
  const own = <T>(given: Iterable<readonly [string, T]>) => [...given].filter(([key]) => !resolver.has(`${UNDER}${prefix}${key}`))
  return {
    values: { ...Object.fromEntries(own(Object.entries(values))), ...under.values },
    lacks: new Map([...own(lacks), ...under.lacks]),
  }
}
