import type { z } from 'zod'
import { didYouMean } from '../values/nearest.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { knownKeys } from './keys.ts'
import { otherKey } from './other-keys.ts'

type Issue = z.core.$ZodIssue

/** What a schema rejects in a value, in plain words. Unknown keys are separate problems, with the nearest known key. */
export const problemsOf = (schema: z.ZodType, value: unknown): Problem[] => {
  const result = schema.safeParse(value)
  return result.success ? [] : explainIssues(schema, value, result.error.issues)
}

export const explainIssues = (schema: z.ZodType, value: unknown, issues: readonly Issue[]): Problem[] =>
  issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
    const found = at(value, path)
    if (issue.code !== 'unrecognized_keys') return [{ path, message: say(issue, found) }]
    const known = knownKeys(schema, path)
    return issue.keys.map((key) => {
      const other = otherKey(path, key)
      return {
        path: [...path, key],
        message: `unknown key "${key}"${other === undefined ? didYouMean(key, known) || among(known) : `: ${other}`}`,
      }
    })
  })

/** A value as an error shows it: never a whole object, never a secret. */
export const found = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return '__secret' in value ? 'a secret' : 'an object'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value as number | boolean | bigint | symbol)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

const among = (known: readonly string[]): string => (known.length > 0 && known.length <= 12 ? `: known are ${known.join(', ')}` : '')

const at = (value: unknown, path: ConfigPath): unknown =>
  path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[part] : undefined),
    value,
  )

const say = (issue: Issue, value: unknown): string => {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined
        ? `is missing: expected ${kind(issue.expected)}`
        : `expected ${kind(issue.expected)}, found ${found(value)}`
    case 'invalid_value': {
      const values = issue.values.map((one) => JSON.stringify(one) ?? String(one))
      const near = typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : ''
      return `expected ${or(values)}, found ${found(value)}${near}`
    }
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty'
      if (issue.origin === 'array') return `needs at least ${issue.minimum}, found ${Array.isArray(value) ? value.length : found(value)}`
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, found ${found(value)}`
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}, found ${found(value)}`
    case 'invalid_union': {
      const forms = issue.errors.flatMap((errors) => errors.slice(0, 1).map((error) => say(error, at(value, error.path.map(String)))))
      const wanted = forms.map((form) => /^expected (.*), found /.exec(form)?.[1]).filter((form) => form !== undefined)
      return wanted.length === 0 ? issue.message : `expected ${or([...new Set(wanted)])}, found ${found(value)}`
    }
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message
    default:
      return issue.message
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  function: 'a function',
}
const kind = (expected: string): string => KINDS[expected] ?? expected

const or = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)!}`
