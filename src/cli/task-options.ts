import type { z } from 'zod'
import { unwrap } from '../settings/zod-introspection.ts'
import { explainIssues } from '../settings/zod-problems.ts'
import { parseBySchema } from '../config/parse-by-schema.ts'
import { usageError } from '../values/errors.ts'
import type { TaskOption } from './global-options.ts'
import { isGlobalOption, unknownOption } from './global-options.ts'

export type Args = Readonly<Record<string, unknown>>

export interface ParsedTaskOptions {
  /** the words without the values of options */
  readonly words: readonly string[]
  /** by task name */
  readonly args: ReadonlyMap<string, Args>
}

/**
 * Parses what was typed after the tasks, by their `args`. An option that takes a value takes the next word. Throws a usage error for an
 * option that none of the tasks has, with the nearest, and for a value that does not fit.
 */
export const parseTaskOptions = (
  taskOptions: readonly TaskOption[],
  words: readonly string[],
  argsOf: (task: string) => z.ZodObject | undefined,
): ParsedTaskOptions => {
  const schemas = new Map(words.flatMap((word) => withSchema(word, argsOf(word))))
  for (const [task, schema] of schemas) refuseReservedNames(task, schema)
  const inputs = new Map<string, Record<string, unknown>>([...schemas.keys()].map((task) => [task, {}]))
  const consumed = new Set<number>()
  for (const typed of taskOptions) {
    const matches = [...schemas].flatMap(([task, schema]) => {
      const option = matchOption(typed.name, schema)
      return option === undefined ? [] : [{ task, option }]
    })
    if (matches.length === 0) throw unknownOption(typed.flag, [...schemas.values()].flatMap(flagsOf))
    for (const { task, option } of matches) inputs.get(task)![option.key] = parseValue(typed, option, words, consumed)
  }
  const taskNames = words.filter((_, i) => !consumed.has(i))
  return {
    words: taskNames,
    args: new Map(
      taskNames.flatMap((task) => withSchema(task, argsOf(task))).map(([task, schema]) => [task, validateArgs(task, schema, inputs)]),
    ),
  }
}

/** Throws (usage) if a task has an option that shipit has itself. */
export const refuseReservedNames = (task: string, { shape }: z.ZodObject): void => {
  const reserved = Object.keys(shape).find((key) => isGlobalOption(kebab(key)))
  if (reserved !== undefined)
    throw usageError(`${task} has an option --${kebab(reserved)}, which is shipit's own`, { hint: "rename it in the task's args" })
}

const flagsOf = (schema: z.ZodObject): string[] => Object.keys(schema.shape).map((key) => `--${kebab(key)}`)

/** Each option of a task: as typed, its schema, and whether it needs a value. */
export const taskFlags = ({ shape }: z.ZodObject): readonly { flag: string; schema: z.ZodType; takesValue: boolean }[] =>
  Object.entries(shape).map(([key, schema]) => ({
    flag: `--${kebab(key)}`,
    schema: schema as z.ZodType,
    takesValue: !isFlag(schema as z.ZodType),
  }))

/** The options in a list of tasks: `[--install] [--lines LINES]`. */
export const optionsUsage = (schema: z.ZodObject): string =>
  Object.entries(schema.shape)
    .map(([key, type]) => `[--${kebab(key)}${isFlag(type as z.ZodType) ? '' : ` ${valueName(key, type as z.ZodType)}`}]`)
    .join(' ')

/** What the list calls the value of an option: the title of its schema, such as ACCOUNT, or else the option itself. */
const valueName = (key: string, type: z.ZodType): string => type.meta()?.title ?? kebab(key).toUpperCase()

const withSchema = (task: string, schema: z.ZodObject | undefined): [string, z.ZodObject][] =>
  schema === undefined ? [] : [[task, schema]]

interface OptionField {
  readonly key: string
  readonly schema: z.ZodType
  /** typed as `--no-KEY` */
  readonly no: boolean
}

const matchOption = (name: string, { shape }: z.ZodObject): OptionField | undefined => {
  const find = (wanted: string, no: boolean): OptionField | undefined => {
    const key = Object.keys(shape).find((one) => kebab(one) === wanted)
    if (key === undefined) return undefined
    const schema = shape[key] as z.ZodType
    return no && !isFlag(schema) ? undefined : { key, schema, no }
  }
  return find(name, false) ?? (name.startsWith('no-') ? find(name.slice(3), true) : undefined)
}

const parseValue = (
  { flag, value, next }: TaskOption,
  { schema, no }: OptionField,
  words: readonly string[],
  taken: Set<number>,
): unknown => {
  if (isFlag(schema)) {
    if (value === undefined) return !no
    if (!no && (value === 'true' || value === 'false')) return value === 'true'
    throw usageError(`${flag} takes no value, but got ${JSON.stringify(value)}`)
  }
  if (value === undefined && next === undefined) throw usageError(`${flag} needs a value`, { hint: `${flag} VALUE, or ${flag}=VALUE` })
  if (value === undefined) taken.add(next!)
  return parseBySchema(value ?? words[next!]!, schema)
}

const validateArgs = (task: string, schema: z.ZodObject, given: ReadonlyMap<string, Args>): Args => {
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
