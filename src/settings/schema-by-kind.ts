import { z } from 'zod'
import { isPresent } from '../values/absent.ts'
import { isSecret } from '../values/secret.ts'
import { describeValue, problemsOf } from './zod-problems.ts'

/**
 * A schema for each kind of value. `null` accepts any value of that kind: it is checked where it is used. `other` is for the kinds that are
 * not listed; a text names what was expected instead of them.
 */
export interface Kinds {
  readonly function?: z.ZodType | null
  readonly secret?: z.ZodType | null
  readonly text?: z.ZodType | null
  readonly list?: z.ZodType | null
  readonly object?: z.ZodType | null
  /** an object with the key `task`; without this, it is like any object */
  readonly reference?: z.ZodType
  /** false, null and undefined */
  readonly absent?: z.ZodType | null
  readonly other: z.ZodType | string
}

const kindsBySchema = new WeakMap<z.ZodType, Kinds>()

/** A schema that depends on the kind of the value. Unlike a union, it reports what is wrong inside. */
export const schemaByKind = <T = unknown>(kinds: Kinds): z.ZodType<T, T> => {
  // not z.unknown(): a missing key must not count as a key that holds undefined
  const schema = z.any().check((ctx) => {
    const kind = kindOf(ctx.value, kinds)
    const picked = kind === undefined ? undefined : kinds[kind]
    if (picked === null) return
    const schema = picked ?? kinds.other
    if (typeof schema === 'string') {
      const message = ctx.value === undefined ? `is missing: expected ${schema}` : `expected ${schema}, found ${describeValue(ctx.value)}`
      ctx.issues.push({ code: 'custom', message, input: ctx.value })
      return
    }
    for (const { path, message } of problemsOf(schema, ctx.value)) {
      ctx.issues.push({ code: 'custom', path: [...path], message, input: ctx.value })
    }
  })
  kindsBySchema.set(schema, kinds)
  return schema
}

/** A list whose items may be {@link Absent}. In a data file they are a mistake that editors show. */
export const listOf = (item: z.ZodType) => z.array(schemaByKind({ absent: null, other: item }))

/** The kinds of a schema made by {@link schemaByKind}; undefined for any other. */
export const kindsOf = (schema: z.ZodType): Kinds | undefined => kindsBySchema.get(schema)

const kindOf = (value: unknown, { reference }: Kinds): Exclude<keyof Kinds, 'other'> | undefined => {
  if (typeof value === 'function') return 'function'
  if (!isPresent(value)) return 'absent'
  if (typeof value === 'string') return 'text'
  if (Array.isArray(value)) return 'list'
  if (isSecret(value)) return 'secret'
  if (reference && typeof value === 'object' && Object.hasOwn(value as object, 'task')) return 'reference'
  return typeof value === 'object' ? 'object' : undefined
}
