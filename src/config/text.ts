import type { z } from 'zod'
import { defOf, unwrap } from './keys.ts'

/**
 * Reads typed text as the type that the schema expects: a number, true or false, `null` if it takes that, a comma-separated list, or JSON
 * for lists and objects. Text that does not fit is returned unchanged, for the schema to refuse.
 */
export const textAs = (text: string, schema: z.ZodType): unknown => {
  if (text === 'null' && takesNull(schema)) return null
  const bare = unwrap(schema)
  const { type, element, options } = defOf(bare)
  if (type === 'array') {
    const json = readJson(text, '[')
    if (json !== undefined) return json
    return text === '' ? [] : text.split(',').map((item) => textAs(item.trim(), element!))
  }
  if (type === 'object' || type === 'record') return readJson(text, '{') ?? text
  if (OPEN.has(type)) return whatFits(text, schema)
  if (type === 'number' || type === 'int') return readNumber(text)
  if (type === 'boolean') return readTruth(text)
  if (type === 'union') return fromUnion(text, schema, options!)
  if (type === 'literal' && !schema.safeParse(text).success)
    return [readNumber(text), readTruth(text)].find((value) => schema.safeParse(value).success) ?? text
  return text
}

/** Text that looks like JSON is read as JSON, even if a string would be accepted. */
const fromUnion = (text: string, schema: z.ZodType, options: readonly z.ZodType[]): unknown => {
  const read = options.map((option) => textAs(text, option))
  const fits = read.filter((value) => schema.safeParse(value).success)
  return fits.find((value) => typeof value === 'object' && /^[[{]/.test(text)) ?? fits[0] ?? text
}

// only these schemas themselves know what they accept
const OPEN: ReadonlySet<string> = new Set(['any', 'unknown', 'custom', 'template_literal'])

const whatFits = (text: string, schema: z.ZodType): unknown =>
  [readJson(text, '{') ?? readJson(text, '[') ?? text, text, readNumber(text), readTruth(text)].find(
    (value) => schema.safeParse(value).success,
  ) ?? text

/** Whether the schema takes `null`, also inside optional, default and pipes. */
const takesNull = (schema: z.ZodType): boolean => {
  const { type, innerType, in: inside, options } = defOf(schema)
  if (type === 'nullable' || type === 'null') return true
  if (options) return options.some(takesNull)
  const inner = innerType ?? inside
  if (inner) return takesNull(inner)
  return type === 'custom' && schema.safeParse(null).success
}

const readJson = (text: string, opening: '[' | '{'): unknown => {
  if (!text.trimStart().startsWith(opening)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

export const readNumber = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text)
export const readTruth = (text: string): unknown => (/^(true|yes|1)$/.test(text) ? true : /^(false|no|0)$/.test(text) ? false : text)
