import { excerpt, masked } from '../redact/mask.ts'
import type { z } from 'zod'
import { didYouMean } from '../values/nearest.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { knownKeys } from './zod-introspection.ts'
import { keyHint, misplacedSettings } from './key-hints.ts'
import { renamedMessage } from './renamed.ts'

type Issue = z.core.$ZodIssue

/** The problems that a schema finds in a value, in plain words. Unknown keys are separate problems, with the nearest known key. */
export const problemsOf = (schema: z.ZodType, value: unknown): Problem[] => {
  const result = schema.safeParse(value)
  return result.success ? [] : explainIssues(schema, value, result.error.issues)
}

/** The same for the issues that a schema has found. `owner`: the recipe, by its own name, whose settings these are; or `config`. */
export const explainIssues = (schema: z.ZodType, value: unknown, issues: readonly Issue[], owner = 'config'): Problem[] =>
  withoutMissingServices(withoutFollowUps(issues), value, owner).flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
    const actual = valueAt(value, path)
    const inner = issue.code === 'invalid_union' ? matchingForm(issue) : undefined
    if (inner !== undefined)
      return explainIssues(
        schema,
        value,
        inner.map((one) => ({ ...one, path: [...issue.path, ...one.path] })),
        owner,
      )
    if (issue.code !== 'unrecognized_keys') return [{ path, message: explainIssue(issue, actual) }]
    const known = knownKeys(schema, path)
    const misplaced = path.length === 0 ? misplacedSettings(owner, issue.keys, value) : undefined
    const others = issue.keys.filter((key) => !misplaced?.keys.includes(key))
    return [
      ...(misplaced === undefined ? [] : [{ path: [misplaced.keys[0]!], message: misplaced.message }]),
      ...others.map((key) => ({
        path: [...path, key],
        message: renamedMessage(owner, [...path, key]) ?? unknownKey(owner, path, key, known),
      })),
    ]
  })

const unknownKey = (owner: string, path: ConfigPath, key: string, known: readonly string[]): string => {
  const ofRecipe = owner !== 'config' && path.length === 0
  // a stage arrives here without its path
  const isSetting = ofRecipe || (owner === 'config' && known.includes('deployTo'))
  const what = isSetting ? `unknown setting ${key}` : `unknown key "${key}"`
  const hint = owner === 'config' ? keyHint(path, key) : undefined
  if (hint !== undefined) return `${what}: ${hint}`
  if (ofRecipe && known.length === 1) return `${what}: the only setting is ${known[0]!}`
  return `${what}${didYouMean(key, known) || listKeys(known, ofRecipe ? 40 : 12)}`
}

/** Whether a message names the key that it is about, so that the place in front need not. */
export const namesKey = (message: string, key: string): boolean =>
  message.startsWith(`unknown setting ${key}`) || message.startsWith(`unknown settings ${key}`) || message.startsWith(`${key} is called `)

/** The problems with the one form of a union that takes this kind of value: a list with a wrong item, an object with an unknown key. */
const matchingForm = ({ errors }: z.core.$ZodIssueInvalidUnion): readonly Issue[] | undefined => {
  const isKind = (issues: readonly Issue[]): boolean =>
    !issues.some(
      (issue) =>
        issue.path.length === 0 &&
        (issue.code === 'invalid_type' || issue.code === 'invalid_value' || (issue.code === 'invalid_union' && !issue.errors.some(isKind))),
    )
  const forms = errors.filter(isKind)
  return forms.length === 1 ? forms[0] : undefined
}

/** An empty string breaks the other rules too, but "empty" is enough to report. */
const withoutFollowUps = (issues: readonly Issue[]): readonly Issue[] => {
  const placeOf = (issue: Issue): string => JSON.stringify(issue.path.map(String))
  const empty = new Set(issues.filter(isEmptyIssue).map(placeOf))
  return issues.filter((issue) => isEmptyIssue(issue) || !empty.has(placeOf(issue)))
}

/** If the settings of a service are in the wrong place, the services are not missing. */
const withoutMissingServices = (issues: readonly Issue[], value: unknown, owner: string): readonly Issue[] => {
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : []))
  const given = typeof value === 'object' && value !== null && 'services' in value && value.services !== undefined
  if (given || misplacedSettings(owner, unknown, value) === undefined) return issues
  return issues.filter((issue) => issue.path[0] !== 'services')
}

const isEmptyIssue = (issue: Issue): boolean => issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1

/** A value as an error shows it: never a whole object, never a secret. */
export const describeValue = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return '__secret' in value ? 'a secret' : 'an object'
  const text = typeof value === 'string' ? JSON.stringify(masked(value)) : String(value as number | boolean | bigint | symbol)
  return text.length > 60 ? excerpt(text, 57) : text
}

const listKeys = (known: readonly string[], most: number): string =>
  known.length > 0 && known.length <= most ? `: use one of ${known.join(', ')}` : ''

const valueAt = (value: unknown, path: ConfigPath): unknown =>
  path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[part] : undefined),
    value,
  )

const explainIssue = (issue: Issue, value: unknown): string => {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'array' && isRecipe(value)) return `expected a list: write use: [${value.name}()]`
      return value === undefined
        ? `is missing: expected ${describeKind(issue.expected)}`
        : `expected ${describeKind(issue.expected)}, found ${describeValue(value)}`
    case 'invalid_value': {
      const values = issue.values.map((one) => JSON.stringify(one) ?? String(one))
      const suggestion = typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : ''
      return `expected ${joinAlternatives(values)}, found ${describeValue(value)}${suggestion}`
    }
    case 'too_small':
      if (isEmptyIssue(issue)) return 'must not be empty'
      if (issue.origin === 'array')
        return `needs at least ${issue.minimum}, found ${Array.isArray(value) ? value.length : describeValue(value)}`
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, found ${describeValue(value)}`
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}, found ${describeValue(value)}`
    case 'invalid_union': {
      const forms = issue.errors.flatMap((errors) =>
        errors.slice(0, 1).map((error) => explainIssue(error, valueAt(value, error.path.map(String)))),
      )
      const expected = forms
        .map((form) => /^(?:is missing: )?expected (.*?)(?:, found .*)?$/.exec(form)?.[1])
        .filter((form) => form !== undefined)
      if (expected.length === 0) return issue.message
      const any = `expected ${joinAlternatives([...new Set(expected)])}`
      return value === undefined ? `is missing: ${any}` : `${any}, found ${describeValue(value)}`
    }
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message
    default:
      return issue.message
  }
}

const isRecipe = (value: unknown): value is { readonly name: string } =>
  typeof value === 'object' && value !== null && 'definition' in value && 'name' in value && typeof value.name === 'string'

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
const describeKind = (expected: string): string => KINDS[expected] ?? expected

const joinAlternatives = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)!}`
