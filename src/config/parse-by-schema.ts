import type { z } from 'zod'
import { defOf, unwrap } from '../settings/zod-introspection.ts'

/**
 * Reads typed text as the type that the schema expects: a number, true or false, `null` if it takes that, a comma-separated list, or JSON
 * for lists and objects. Text that does not fit is returned unchanged, for the schema to refuse.
 */
export const parseBySchema = (text: string, schema: z.ZodType): unknown => {
  if (text === 'null' && acceptsNull(schema)) return null
  const bare = unwrap(schema)
  const { type, element, options } = defOf(bare)
  if (type === 'array') {
    const json = parseJsonText(text, '[')
    if (json !== undefined) return json
    return text === '' ? [] : text.split(',').map((item) => parseBySchema(item.trim(), element!))
  }
  if (type === 'object' || type === 'record') return parseJsonText(text, '{') ?? text
  if (OPEN.has(type)) return firstAccepted(text, schema)
  if (type === 'number' || type === 'int') return parseNumber(text)
  if (type === 'boolean') return parseBoolean(text)
  if (type === 'union') return parseUnion(text, schema, options!)
  if (type === 'literal' && !schema.safeParse(text).success)
    return [parseNumber(text), parseBoolean(text)].find((value) => schema.safeParse(value).success) ?? text
  return text
}

/** Text that looks like JSON is read as JSON, even if a string would be accepted. */
const parseUnion = (text: string, schema: z.ZodType, options: readonly z.ZodType[]): unknown => {
  const read = options.map((option) => parseBySchema(text, option))
  const fits = read.filter((value) => schema.safeParse(value).success)
  return fits.find((value) => typeof value === 'object' && /^[[{]/.test(text)) ?? fits[0] ?? text
}

// only these schemas themselves know what they accept
const OPEN: ReadonlySet<string> = new Set(['any', 'unknown', 'custom', 'template_literal'])

const firstAccepted = (text: string, schema: z.ZodType): unknown =>
  [parseJsonText(text, '{') ?? parseJsonText(text, '[') ?? text, text, parseNumber(text), parseBoolean(text)].find(
    (value) => schema.safeParse(value).success,
  ) ?? text

/** Whether the schema takes `null`, also inside optional, default and pipes. */
const acceptsNull = (schema: z.ZodType): boolean => {
  const { type, innerType, in: inside, options } = defOf(schema)
  if (type === 'nullable' || type === 'null') return true
  if (options) return options.some(acceptsNull)
  const inner = innerType ?? inside
  if (inner) return acceptsNull(inner)
  return type === 'custom' && schema.safeParse(null).success
}

/** JSON that begins with the bracket; undefined for anything else. */
export const parseJsonText = (text: string, opening: '[' | '{'): unknown => {
  if (!text.trimStart().startsWith(opening)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

export const parseNumber = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text)
export const parseBoolean = (text: string): unknown => (/^(true|yes|1)$/.test(text) ? true : /^(false|no|0)$/.test(text) ? false : text)
