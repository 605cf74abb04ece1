import type { z } from 'zod'
import { unwrap } from '../config/keys.ts'
import { explainIssues } from '../config/problems.ts'
import { textAs } from '../config/text.ts'
import { usageError } from '../values/errors.ts'
import type { Extra } from './options.ts'
import { isOwn, unknownOption } from './options.ts'

export type Args = Readonly<Record<string, unknown>>

export interface Bound {
  /** the words without the values of options */
  readonly words: readonly string[]
  /** by task name */
  readonly args: ReadonlyMap<string, Args>
}

/**
 * Binds what was typed after the tasks to their `args`. An option that takes a value takes the next word. Throws a usage error for an
 * option that none of the tasks has, with the nearest, and for a value that does not fit.
 */
export const bindArgs = (extras: readonly Extra[], words: readonly string[], argsOf: (task: string) => z.ZodObject | undefined): Bound => {
  const schemas = new Map(words.flatMap((word) => pairOf(word, argsOf(word))))
  for (const [task, schema] of schemas) checkNames(task, schema)
  const given = new Map<string, Record<string, unknown>>([...schemas.keys()].map((task) => [task, {}]))
  const taken = new Set<number>()
  for (const extra of extras) {
    const users = [...schemas].flatMap(([task, schema]) => {
      const option = optionOf(extra.name, schema)
      return option === undefined ? [] : [{ task, option }]
    })
    if (users.length === 0) throw unknownOption(extra.flag, [...schemas.values()].flatMap(flagsOf))
    for (const { task, option } of users) given.get(task)![option.key] = valueOf(extra, option, words, taken)
  }
  const left = words.filter((_, i) => !taken.has(i))
  return {
    words: left,
    args: new Map(left.flatMap((task) => pairOf(task, argsOf(task))).map(([task, schema]) => [task, checked(task, schema, given)])),
  }
}

/** A task cannot have an option that shipit has itself. */
const checkNames = (task: string, { shape }: z.ZodObject): void => {
  const taken = Object.keys(shape).find((key) => isOwn(kebab(key)))
  if (taken !== undefined)
    throw usageError(`${task} has an option --${kebab(taken)}, which is shipit's own`, { hint: 'call it something else in its args' })
}

const flagsOf = (schema: z.ZodObject): string[] => Object.keys(schema.shape).map((key) => `--${kebab(key)}`)

/** The options in a list of tasks: `[--install] [--lines LINES]`. */
export const usageOf = (schema: z.ZodObject): string =>
  Object.entries(schema.shape)
    .map(([key, type]) => `[--${kebab(key)}${isFlag(type as z.ZodType) ? '' : ` ${kebab(key).toUpperCase()}`}]`)
    .join(' ')

const pairOf = (task: string, schema: z.ZodObject | undefined): [string, z.ZodObject][] => (schema === undefined ? [] : [[task, schema]])

interface Option {
  readonly key: string
  readonly schema: z.ZodType
  /** typed as `--no-KEY` */
  readonly no: boolean
}

const optionOf = (name: string, { shape }: z.ZodObject): Option | undefined => {
  const find = (wanted: string, no: boolean): Option | undefined => {
    const key = Object.keys(shape).find((one) => kebab(one) === wanted)
    if (key === undefined) return undefined
    const schema = shape[key] as z.ZodType
    return no && !isFlag(schema) ? undefined : { key, schema, no }
  }
  return find(name, false) ?? (name.startsWith('no-') ? find(name.slice(3), true) : undefined)
}

const valueOf = ({ flag, value, next }: Extra, { schema, no }: Option, words: readonly string[], taken: Set<number>): unknown => {
  if (isFlag(schema)) {
    if (value === undefined) return !no
    if (!no && (value === 'true' || value === 'false')) return value === 'true'
    throw usageError(`${flag} takes no value, and got ${JSON.stringify(value)}`)
  }
  if (value === undefined && next === undefined) throw usageError(`${flag} needs a value`, { hint: `${flag} VALUE, or ${flag}=VALUE` })
  if (value === undefined) taken.add(next!)
  return textAs(value ?? words[next!]!, schema)
}

const checked = (task: string, schema: z.ZodObject, given: ReadonlyMap<string, Args>): Args => {
  const input = given.get(task) ?? {}
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const key = String(issue!.path[0])
  if (!Object.hasOwn(input, key)) throw usageError(`${task} needs --${kebab(key)}`)
  const [problem] = explainIssues(schema, input, result.error.issues)
  throw usageError(`--${kebab(key)} of ${task}: ${problem!.message}`)
}

/** Whether the option needs no value. */
const isFlag = (schema: z.ZodType): boolean => unwrap(schema).def.type === 'boolean'

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
