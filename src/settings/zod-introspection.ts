import type { z } from 'zod'
import type { ConfigPath } from '../errors/source-location.ts'

/** What zod keeps about a schema of any kind: zod.dev/packages/core, `def`. */
interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly items?: readonly z.ZodType[]
  readonly options?: readonly z.ZodType[]
  readonly left?: z.ZodType
  readonly right?: z.ZodType
  readonly getter?: () => z.ZodType
  readonly catchall?: z.ZodType
  /** of an enum */
  readonly entries?: Readonly<Record<string, string | number>>
  /** of a literal */
  readonly values?: readonly unknown[]
}
export const defOf = (schema: z.ZodType): Def => schema.def as unknown as Def

/** The keys that a schema knows at a path; none if that depends on the value. */
export const knownKeys = (schema: z.ZodType, path: ConfigPath): readonly string[] =>
  leavesAt(schema, path).flatMap((one) => Object.keys(shapeOf(one)))

/** The schemas that a value at this path may have to meet (several for a union), as declared: with checks, optional and nullable. */
export const leavesAt = (schema: z.ZodType, path: ConfigPath): readonly z.ZodType[] => {
  const [head, ...rest] = path
  if (head === undefined) return [schema]
  const def = defOf(unwrap(schema))
  if (def.options) return def.options.flatMap((option) => leavesAt(option, path))
  if (def.left && def.right) return [...leavesAt(def.left, path), ...leavesAt(def.right, path)]
  const declared = def.shape && Object.hasOwn(def.shape, head) ? def.shape[head] : undefined
  const open = def.catchall && defOf(def.catchall).type !== 'never' ? def.catchall : undefined
  const next = declared ?? open ?? def.valueType ?? (typeof head === 'number' ? (def.items?.[head] ?? def.element) : undefined)
  return next ? leavesAt(next, rest) : []
}

/** The shape of an object, or of a union of objects; empty for anything else. */
export const shapeOf = (schema: z.ZodType): Readonly<Record<string, z.ZodType>> => {
  const def = defOf(unwrap(schema))
  if (def.options) return Object.assign({}, ...def.options.map(shapeOf)) as Readonly<Record<string, z.ZodType>>
  return def.shape ?? {}
}

/** Strips optional, default, nullable, lazy and the output side of pipes. */
export const unwrap = (schema: z.ZodType): z.ZodType => {
  const def = defOf(schema)
  const inner = def.innerType ?? def.in ?? (def.type === 'lazy' ? def.getter?.() : undefined)
  return inner ? unwrap(inner) : schema
}

/** The default of a schema; undefined if it has none. */
export const defaultOf = (schema: z.ZodType): unknown => {
  const def = defOf(schema) as Def & { readonly defaultValue?: unknown }
  if (def.type === 'default' || def.type === 'prefault') return def.defaultValue
  const inner = def.innerType ?? def.in
  return inner && defaultOf(inner)
}
