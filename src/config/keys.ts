import type { z } from 'zod'
import type { ConfigPath } from './place.ts'

interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly items?: readonly z.ZodType[]
  readonly options?: readonly z.ZodType[]
}
const defOf = (schema: z.ZodType): Def => schema.def as unknown as Def

/** The keys that a schema knows at a path; none where that depends on the value. */
export const knownKeys = (schema: z.ZodType, path: ConfigPath): readonly string[] =>
  schemasAt(schema, path).flatMap((one) => Object.keys(defOf(one).shape ?? {}))

/** The schemas that a value at this path may have to meet (several behind a union). */
export const schemasAt = (schema: z.ZodType, path: ConfigPath): readonly z.ZodType[] => {
  const bare = unwrap(schema)
  const def = defOf(bare)
  if (def.options) return def.options.flatMap((option) => schemasAt(option, path))
  const [head, ...rest] = path
  if (head === undefined) return [bare]
  const next = def.shape?.[head] ?? def.element ?? def.valueType ?? (typeof head === 'number' ? def.items?.[head] : undefined)
  return next ? schemasAt(next, rest) : []
}

/** Without optional, default, nullable and the far side of pipes. */
export const unwrap = (schema: z.ZodType): z.ZodType => {
  const def = defOf(schema)
  const inner = def.innerType ?? def.in
  return inner ? unwrap(inner) : schema
}
