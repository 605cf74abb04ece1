import type { z } from 'zod'
import { unwrap } from './keys.ts'

/**
 * What was typed, as the schema's kind of value: a number, true or false, a list separated by commas. Left as it is where it is none,
 * for the schema to refuse.
 */
export const textAs = (text: string, schema: z.ZodType): unknown => {
  const bare = unwrap(schema)
  const { type, element, options } = bare.def as unknown as { type: string; element?: z.ZodType; options?: readonly z.ZodType[] }
  if (type === 'array') return text === '' ? [] : text.split(',').map((item) => textAs(item.trim(), element!))
  if (type === 'number' || type === 'int') return readNumber(text)
  if (type === 'boolean') return readTruth(text)
  if (type === 'union') return options!.map((option) => textAs(text, option)).find((value) => schema.safeParse(value).success) ?? text
  if (type === 'literal' && !schema.safeParse(text).success)
    return [readNumber(text), readTruth(text)].find((value) => schema.safeParse(value).success) ?? text
  return text
}

export const readNumber = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text)
export const readTruth = (text: string): unknown => (/^(true|yes|1)$/.test(text) ? true : /^(false|no|0)$/.test(text) ? false : text)
