import { isSecret } from '../values/secret.ts'
import { parseNumber, parseBoolean, parseJsonText } from './parse-by-schema.ts'

/** Text read as a value; or what was expected instead, with an example that would be accepted. */
export type ParsedText = { readonly value: unknown } | { readonly expected: string; readonly example: string }

/**
 * Reads typed text like the value that it replaces: a number, true or false, a list (comma-separated or JSON), or an object in JSON. If the
 * old value gives no type (null, a function), JSON that opens with a bracket is parsed, and anything else is a string.
 */
export const parseByExample = (before: unknown, text: string): ParsedText => {
  if (typeof before === 'string' || isSecret(before)) return { value: text }
  if (typeof before === 'number') return valueIf(typeof parseNumber(text) === 'number', parseNumber(text), 'a number', String(before))
  if (typeof before === 'boolean')
    return valueIf(typeof parseBoolean(text) === 'boolean', parseBoolean(text), 'true or false', String(!before))
  if (before === null && text === 'null') return { value: null }
  const json = parseJsonText(text, '[') ?? parseJsonText(text, '{')
  if (Array.isArray(before)) return json === undefined ? parseList(before, text) : valueIf(Array.isArray(json), json, 'a list', 'one,two')
  if (isPlain(before))
    return valueIf(isPlain(json), json, 'an object in JSON', JSON.stringify({ [Object.keys(before)[0] ?? 'key']: 'value' }))
  return { value: json ?? text }
}

const valueIf = (is: boolean, value: unknown, expected: string, example: string): ParsedText => (is ? { value } : { expected, example })

/** Each item is read like the first one. */
const parseList = (before: readonly unknown[], text: string): ParsedText => {
  if (text === '') return { value: [] }
  const [first] = before
  const items = text
    .split(',')
    .map((item) => (first === undefined || isPlain(first) ? { value: item.trim() } : parseByExample(first, item.trim())))
  const wrong = items.find((item) => 'expected' in item)
  if (/^\s*[[{]/.test(text) || isPlain(first)) return { expected: 'a list in JSON', example: '["one"]' }
  if (wrong)
    return {
      expected: `a list of which each item is ${wrong.expected}`,
      example: before.filter((item) => typeof item === typeof first).join(','),
    }
  return { value: items.map((item) => ('value' in item ? item.value : undefined)) }
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
