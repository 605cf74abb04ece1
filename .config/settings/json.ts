import { z } from 'zod'
import { kindsOf } from '../../src/settings/schema-by-kind.ts'

/** The part of JSON Schema that we use. */
export interface Json {
  type?: string | string[]
  properties?: Record<string, Json>
  required?: string[]
  additionalProperties?: Json | boolean
  propertyNames?: Json
  minProperties?: number
  maxProperties?: number
  items?: Json | Json[] | boolean
  minItems?: number
  maxItems?: number
  anyOf?: Json[]
  allOf?: Json[]
  not?: Json
  enum?: unknown[]
  const?: unknown
  pattern?: string
  minLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  default?: unknown
  description?: string
  examples?: unknown[]
  $ref?: string
  $schema?: string
  title?: string
  definitions?: Record<string, Json>
}

/** The schema of values that no data file can hold, such as a function or a secret. */
const NOTHING: Json = { not: {} }
const isNothing = (json: Json | boolean | undefined): boolean =>
  typeof json === 'object' && json.not !== undefined && Object.keys(json.not).length === 0

/**
 * The JSON Schema of the values that a data file may give for a zod schema. It leaves out values that only code can give (functions, secrets),
 * and our own checks, which zod cannot express. `named`: replacements for some schemas, for example a `$ref`.
 */
export const jsonOf = (schema: z.ZodType, named: ReadonlyMap<z.ZodType, Json> = new Map()): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-07',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const one = zodSchema as unknown as z.ZodType
      const { type, defaultValue } = one.def as unknown as { readonly type: string; readonly defaultValue?: unknown }
      // zod leaves out the default of a transformed schema, but all of our defaults are valid input
      if (type === 'default' && defaultValue !== undefined) jsonSchema.default ??= structuredClone(defaultValue) as never
      const instead = named.get(one) ?? alternatives(one, named) ?? custom(one, jsonSchema as Json)
      if (!instead) return
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      Object.assign(jsonSchema, instead)
    },
  })
  return pruned(json as Json)
}

/** For a schema that depends on the kind of value: any of the schemas of its kinds. */
const alternatives = (schema: z.ZodType, named: ReadonlyMap<z.ZodType, Json>): Json | undefined => {
  const kinds = kindsOf(schema)
  if (!kinds) return undefined
  const { function: _, secret: __, text, other, ...rest } = kinds
  const schemas = [...new Set([...Object.values(rest), ...(typeof other === 'string' ? [] : [other])])].filter((one) => one !== null)
  const texts: Json[] = text === null ? [{ type: 'string', minLength: 1 }] : text === undefined ? [] : [jsonOf(text, named)]
  return { anyOf: [...texts, ...schemas.map((one) => jsonOf(one as z.ZodType, named))] }
}

/** One of our own checks declares in `.meta()` what it accepts, or accepts whole kinds of values, which these samples find out. */
const SAMPLES: Readonly<Record<string, unknown>> = { string: 'x', number: 1.5, boolean: true, null: null, array: [], object: {} }
const custom = (schema: z.ZodType, json: Json): Json | undefined => {
  if ((schema.def as { type: string }).type !== 'custom' || Object.keys(json).length > 0) return undefined
  const types = Object.keys(SAMPLES).filter((type) => schema.safeParse(SAMPLES[type]).success)
  if (types.length === 0) return NOTHING
  return types.length === Object.keys(SAMPLES).length ? {} : { type: types }
}

/** Removes parts that no data can match, and bounds that limit nothing. */
const pruned = (json: Json): Json => {
  const { properties, anyOf, items, additionalProperties, ...rest } = json
  const made: Json = rest
  if (made.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum
  if (made.propertyNames && Object.keys(made.propertyNames).join() === 'type') delete made.propertyNames
  if (properties) {
    const kept = Object.entries(properties).flatMap(([key, one]) => {
      const inner = pruned(one)
      return isNothing(inner) ? [] : [[key, inner] as const]
    })
    made.properties = Object.fromEntries(kept)
  }
  if (typeof items === 'object' && !Array.isArray(items)) made.items = pruned(items)
  else if (items !== undefined) made.items = items
  if (typeof additionalProperties === 'object') {
    if (Object.keys(additionalProperties).length > 0) made.additionalProperties = pruned(additionalProperties)
  } else if (additionalProperties !== undefined) made.additionalProperties = additionalProperties
  if (made.required && properties) made.required = made.required.filter((key) => Object.hasOwn(made.properties!, key))
  if (made.required?.length === 0) delete made.required
  if (!anyOf) return made
  const [only, ...more] = anyOf.map(pruned).filter((one) => !isNothing(one))
  if (!only) return NOTHING
  return more.length === 0 ? { ...only, ...made } : { ...made, anyOf: [only, ...more] }
}

const WIDTH = 140

/** The text of a JSON Schema. Anything that fits on one line is on one line, so that changing a setting changes few lines. */
export const print = (json: unknown, indent = ''): string => {
  const line = JSON.stringify(json, null, 1).replaceAll(/\n\s*/g, ' ')
  if (typeof json !== 'object' || json === null || indent.length + line.length < WIDTH) return line
  const inner = `${indent}  `
  const [open, close] = Array.isArray(json) ? ['[', ']'] : ['{', '}']
  const items = Array.isArray(json)
    ? json.map((item) => print(item, inner))
    : Object.entries(json).flatMap(([key, item]) => (item === undefined ? [] : [`${JSON.stringify(key)}: ${print(item, inner)}`]))
  return `${open}\n${items.map((item) => `${inner}${item}`).join(',\n')}\n${indent}${close}`
}
