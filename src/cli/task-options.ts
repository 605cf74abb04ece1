import type { z } from 'zod'
import { clashesIn } from '../config/option-clashes.ts'
import { parseBySchema } from '../config/parse-by-schema.ts'
import { unwrap } from '../settings/zod-introspection.ts'
import { explainIssues } from '../settings/zod-problems.ts'
import { optionName, partsOf, partsOfAll, type FindTask, type Part } from '../tasks/parts.ts'
import type { TypedOption } from '../run/request.ts'
import { usageError } from '../values/errors.ts'
import type { Options, TaskOption } from './global-options.ts'
import { isGlobalOption, unknownOption } from './global-options.ts'
import { takerOf } from '../tasks/rest-words.ts'

export type Args = Readonly<Record<string, unknown>>

export interface ParsedTaskOptions {
  /** the words without the values of options, and without those after `--` */
  readonly words: readonly string[]
  /** by task name */
  readonly args: ReadonlyMap<string, Args>
  /** what follows `--`, by the name of the task that takes it */
  readonly rest: ReadonlyMap<string, readonly string[]>
  readonly typed: readonly TypedOption[]
}

/**
 * Parses what was typed after the tasks, by their `args` and by those of the parts of sequences. An option that takes a value takes the
 * next word. Throws a usage error for an option that none of the tasks has, with the nearest, for a value that does not fit, and for words
 * after `--` that no task takes, or more than one.
 */
export const parseTaskOptions = (
  { taskOptions, words: all, rest }: Pick<Options, 'taskOptions' | 'words' | 'rest'>,
  find: FindTask,
): ParsedTaskOptions => {
  const words = all.slice(0, all.length - (rest?.length ?? 0))
  // the stage may be called like a task
  const first = words[1] === 'plan' ? 2 : 1
  const schemas = new Map(partsOfAll(words.slice(first), find).flatMap(withSchema))
  for (const word of words.slice(first)) refuseClashes(word, partsOf(word, find))
  for (const [task, schema] of schemas) refuseReservedNames(task, schema)
  const inputs = new Map<string, Record<string, unknown>>([...schemas.keys()].map((task) => [task, {}]))
  const consumed = new Set<number>()
  const typed: TypedOption[] = []
  for (const option of taskOptions) {
    const matches = matchesOf(option, schemas)
    for (const { task, field } of matches) inputs.get(task)![field.key] = parseValue(option, field, words, consumed)
    typed.push({ words: [wordOf(option, words, consumed)], tasks: matches.map(({ task }) => task) })
  }
  const parts = partsOfAll(
    words.filter((_, i) => i >= first && !consumed.has(i)),
    find,
  )
  const taker = rest === undefined ? undefined : takerOf(parts, rest)
  return {
    words: words.filter((_, i) => !consumed.has(i)),
    args: new Map(parts.flatMap(withSchema).map(([task, schema]) => [task, validateArgs(task, schema, inputs)])),
    rest: new Map(taker === undefined ? [] : [[taker, rest!]]),
    typed: taker === undefined ? typed : [...typed, { words: ['--', ...rest!], tasks: [taker] }],
  }
}

/** The tasks that have an option. Throws (usage) if none has, and if only some of them take a value, since that may be a task, too. */
const matchesOf = (option: TaskOption, schemas: ReadonlyMap<string, z.ZodObject>) => {
  const matches = [...schemas].flatMap(([task, schema]) => {
    const field = matchOption(option.name, schema)
    return field === undefined ? [] : [{ task, field }]
  })
  if (matches.length === 0) throw unknownOption(option.flag, [...schemas.values()].flatMap(flagsOf))
  const flag = matches.find(({ field }) => isFlag(field.schema))
  const valued = matches.find(({ field }) => !isFlag(field.schema))
  if (flag && valued)
    throw usageError(`${option.flag} takes a value for ${valued.task}, and none for ${flag.task}`, { hint: 'run them one after the other' })
  return matches
}

/** Whether one of these tasks has the option. */
export const takesOption = (parts: readonly Part[], { name }: TaskOption): boolean =>
  parts.flatMap(withSchema).some(([, schema]) => matchOption(name, schema) !== undefined)

/** The option, to be typed again. */
const wordOf = ({ flag, value, next }: TaskOption, words: readonly string[], consumed: ReadonlySet<number>): string =>
  value !== undefined ? `${flag}=${value}` : next !== undefined && consumed.has(next) ? `${flag}=${words[next]!}` : flag

/** The sequence was checked with the config, unless its stage is a function. */
const refuseClashes = (task: string, parts: readonly Part[]): void => {
  const [clash] = clashesIn(parts)
  if (clash !== undefined) throw usageError(`${task}: ${clash}`)
}

/** Throws (usage) if a task has an option that shipit has itself. */
export const refuseReservedNames = (task: string, { shape }: z.ZodObject): void => {
  const reserved = Object.keys(shape).find((key) => isGlobalOption(optionName(key)))
  if (reserved !== undefined)
    throw usageError(`${task} has an option --${optionName(reserved)}, which is shipit's own`, { hint: "rename it in the task's args" })
}

const flagsOf = (schema: z.ZodObject): string[] => Object.keys(schema.shape).map((key) => `--${optionName(key)}`)

const withSchema = ({ name, def }: Part): [string, z.ZodObject][] =>
  def.args === undefined ? [] : [[name, def.args as unknown as z.ZodObject]]

interface OptionField {
  readonly key: string
  readonly schema: z.ZodType
  /** typed as `--no-KEY` */
  readonly no: boolean
}

const matchOption = (name: string, { shape }: z.ZodObject): OptionField | undefined => {
  const find = (wanted: string, no: boolean): OptionField | undefined => {
    const key = Object.keys(shape).find((one) => optionName(one) === wanted)
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
  if (!Object.hasOwn(input, key)) throw usageError(`${task} needs --${optionName(key)}`)
  const [problem] = explainIssues(schema, input, result.error.issues)
  throw usageError(`--${optionName(key)} of ${task}: ${problem!.message}`)
}

/** Whether the option needs no value. */
export const isFlag = (schema: z.ZodType): boolean => unwrap(schema).def.type === 'boolean'
