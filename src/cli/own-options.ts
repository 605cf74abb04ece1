import type { Row } from '../output/two-columns.ts'
import { usageError } from '../values/errors.ts'
import type { Options, TaskOption } from './global-options.ts'
import { unknownOption } from './global-options.ts'

/** The options of one command, as they were typed. */
export interface OwnOptions {
  /** Whether it was typed, by its long name: `--json`. */
  has(flag: string): boolean
  /** The value of an option, by its long name. */
  value(flag: string): string | undefined
  /** the words before `--`, without the values of options */
  readonly words: readonly string[]
}

export interface Declared {
  /** the long name */
  readonly flag: string
  /** as in the help: `--as USER`; undefined if it takes no value */
  readonly usage: string | undefined
}

/** `shipit STAGE exec` */
export const EXEC_OPTIONS: readonly Row[] = [
  ['    --as USER', 'run it as this account, through sudo'],
  ['    --sudo', 'run exactly sudo COMMAND, which a sudo rule can name'],
  ['    --in PLACE', 'current, release (the directory that current leads to), shared, a path in one of them, or a path from / or ~/'],
  ['    --json', 'print JSON'],
]

/** `shipit STAGE lock` */
export const LOCK_OPTIONS: readonly Row[] = [['-m, --message REASON', 'why; whoever is refused reads it']]

/** `shipit STAGE logs` */
export const LOGS_OPTIONS: readonly Row[] = [
  ['    --lines N', 'how many of the last lines of each log (default: 100, with --since 10000, which is the most)'],
  ['    --since TIME', '30m, 2h, 1d, or a date: 2026-11-30T08:00'],
  ['-F, --follow', 'go on until Ctrl-C'],
]

/**
 * Reads the options of a command by the rows of its help: `--as USER` takes a value, `--json` none. Throws (usage) for an option that is
 * not there, a value that is missing or too much, and an option that was typed twice.
 */
export const parseOwnOptions = (options: Options, own: readonly Row[], command: string): OwnOptions => {
  const declared = new Map(own.flatMap(([row]) => declarations(row)))
  const values = new Map<string, string | undefined>()
  const consumed = new Set<number>()
  for (const typed of options.taskOptions) {
    const found = declared.get(typed.flag)
    if (found === undefined) throw unknownOption(typed.flag, [...declared.keys()], `${command} takes`)
    if (values.has(found.flag)) throw usageError(`${found.flag} was typed twice`, { hint: `type ${found.usage ?? found.flag} once` })
    values.set(found.flag, valueOf(typed, found, options.words, consumed))
  }
  const end = options.words.length - (options.rest?.length ?? 0)
  return {
    has: (flag) => values.has(flag),
    value: (flag) => values.get(flag),
    words: options.words.slice(0, end).filter((_, i) => !consumed.has(i)),
  }
}

/** Whether an option without a value was typed, of a command whose options are checked already. */
export const typedOwn = ({ taskOptions }: Options, flag: string): boolean => taskOptions.some((one) => one.flag === flag)

/** `-m, --message REASON`: each name of the option. */
export const declarations = (row: string): readonly (readonly [string, Declared])[] => {
  const words = row.trim().split(/,? +/)
  const names = words.filter((word) => word.startsWith('-'))
  const flag = names.at(-1)!
  const usage = words.length > names.length ? `${flag} ${words.slice(names.length).join(' ')}` : undefined
  return names.map((name) => [name, { flag, usage }])
}

const valueOf = (typed: TaskOption, { usage }: Declared, words: readonly string[], consumed: Set<number>): string | undefined => {
  const { flag, next } = typed
  if (usage === undefined) {
    if (typed.value !== undefined)
      throw usageError(`${flag} takes no value, but got ${JSON.stringify(typed.value)}`, { hint: `type ${flag}` })
    return undefined
  }
  if (typed.value === undefined && next !== undefined) consumed.add(next)
  const value = typed.value ?? (next === undefined ? undefined : words[next])
  if (value === undefined || (!flag.startsWith('--') && /^-./.test(value))) throw usageError(`${flag} needs a value`, { hint: usage })
  if (value === '') throw usageError(`${flag} needs a value, but got an empty one`, { hint: `is the variable after ${flag} empty?` })
  return value
}
