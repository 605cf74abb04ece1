import { parseArgs } from 'node:util'
import { milliseconds, type Duration } from '../values/duration.ts'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { flagHint } from './usage-hints.ts'
import { OUTPUTS, type OutputName } from '../output/names.ts'

/** The parsed command line; nothing is looked up yet. */
export interface Options {
  readonly words: readonly string[]
  readonly hosts: string | undefined
  readonly roles: string | undefined
  readonly branch: string | undefined
  readonly release: string | undefined
  readonly set: readonly string[]
  readonly config: string | undefined
  readonly output: OutputName | undefined
  /** undefined: log/shipit.log next to the config; false: no log */
  readonly log: string | false | undefined
  readonly dryRun: boolean
  readonly full: boolean
  /** nobody is asked: defaults are taken, and what wants a yes gets it */
  readonly yes: boolean
  /** `NAME=VALUE`, each */
  readonly answer: readonly string[]
  readonly tasks: boolean
  /** with `tasks`: also those that you cannot run by themselves */
  readonly all: boolean
  readonly keep: boolean
  readonly verbose: boolean
  /** only the end of a run, and errors */
  readonly quiet: boolean
  /** how many milliseconds to wait for the lock of another run */
  readonly waitForLock: number | undefined
  readonly help: boolean
  /** long options that shipit does not have: a task may */
  readonly taskOptions: readonly TaskOption[]
  /** what follows `--`, also at the end of `words`; undefined if there is no `--` */
  readonly rest: readonly string[] | undefined
}

export interface TaskOption {
  /** as typed, `--lines` */
  readonly flag: string
  readonly name: string
  /** after an equals sign */
  readonly value: string | undefined
  /** the index in `words` of the word right after it */
  readonly next: number | undefined
}

const FLAGS = {
  hosts: { type: 'string', short: 'z' },
  roles: { type: 'string', short: 'r' },
  branch: { type: 'string', short: 'b' },
  release: { type: 'string' },
  set: { type: 'string', multiple: true },
  config: { type: 'string', short: 'f' },
  output: { type: 'string', short: 'o' },
  log: { type: 'string' },
  'no-log': { type: 'boolean' },
  'dry-run': { type: 'boolean', short: 'n' },
  full: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  answer: { type: 'string', multiple: true },
  tasks: { type: 'boolean', short: 'T' },
  all: { type: 'boolean' },
  keep: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  quiet: { type: 'boolean', short: 'q' },
  'wait-for-lock': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const

/** Short options of one command. No option of a task can have such a key as its name, so `--m` stays free. */
const OWN_SHORT = { '-m': { type: 'string', short: 'm' }, '-F': { type: 'boolean', short: 'F' } } as const

/** A global option by its long name; `tasks`, `help` and `version` are commands. */
export type OptionName = Exclude<keyof typeof FLAGS, 'no-log' | 'tasks' | 'help' | 'version'>

const FLAG_NAMES = Object.keys(FLAGS).map((name) => `--${name}`)

const isOutput = (name: string): name is OutputName => (OUTPUTS as readonly string[]).includes(name)

/** Throws a usage error for an unknown short flag, and for a missing or wrong value. Unknown long options are `taskOptions`. */
export const parseOptions = (argv: readonly string[]): Options => {
  const { known, taskOptions, rest } = separateTaskOptions(argv)
  const { values, positionals } = parse(known)
  const { output } = values
  if (output !== undefined && !isOutput(output)) {
    throw usageError(`--output ${output}: unknown output${didYouMean(output, OUTPUTS)}`, { hint: 'tree, plain, jsonl, github or gitlab' })
  }
  return {
    words: positionals,
    hosts: values.hosts,
    roles: values.roles,
    branch: values.branch,
    release: values.release,
    set: values.set ?? [],
    config: values.config,
    output,
    log: values['no-log'] ? false : values.log,
    dryRun: values['dry-run'] ?? false,
    full: values.full ?? false,
    yes: values.yes ?? false,
    answer: values.answer ?? [],
    tasks: values.tasks ?? false,
    all: values.all ?? false,
    keep: values.keep ?? false,
    verbose: values.verbose ?? false,
    quiet: values.quiet ?? false,
    waitForLock: waitTime(values['wait-for-lock']),
    help: values.help ?? false,
    taskOptions,
    rest,
  }
}

const waitTime = (typed: string | undefined): number | undefined => {
  if (typed === undefined) return undefined
  const hint = 'write 30s, 10m or 1h'
  try {
    const ms = milliseconds(typed as Duration)
    if (ms > 0) return ms
  } catch {
    throw usageError(`--wait-for-lock ${typed}: not a time`, { hint })
  }
  throw usageError(`--wait-for-lock ${typed} waits for nothing`, { hint })
}

/** The options that were typed. */
export const typedOptions = (options: Options): readonly OptionName[] => {
  const { hosts, roles, branch, release, config, output, set, dryRun, full, log, verbose, quiet, yes, answer, waitForLock, all, keep } =
    options
  const typed: Readonly<Record<OptionName, boolean>> = {
    keep,
    all,
    hosts: hosts !== undefined,
    roles: roles !== undefined,
    branch: branch !== undefined,
    release: release !== undefined,
    config: config !== undefined,
    output: output !== undefined,
    set: set.length > 0,
    'dry-run': dryRun,
    full,
    yes,
    answer: answer.length > 0,
    log: log !== undefined,
    verbose,
    quiet,
    'wait-for-lock': waitForLock !== undefined,
  }
  return (Object.keys(typed) as OptionName[]).filter((name) => typed[name])
}

type Token = ReturnType<typeof tokensOf>[number]
type OptionToken = Extract<Token, { kind: 'option' }>

const tokensOf = (argv: readonly string[]) =>
  parseArgs({ args: [...argv], options: { ...FLAGS, ...OWN_SHORT }, allowPositionals: true, strict: false, tokens: true }).tokens

const isTaskOption = ({ rawName, name }: OptionToken): boolean =>
  Object.hasOwn(OWN_SHORT, rawName) || (rawName.startsWith('--') && !isGlobalOption(name))

/** Separates options that shipit does not have itself from the rest of the line. Throws for whatever is wrong with those that it has. */
const separateTaskOptions = (argv: readonly string[]): { known: string[]; taskOptions: TaskOption[]; rest: string[] | undefined } => {
  const tokens = tokensOf(argv)
  const words = tokens.filter((token) => token.kind === 'positional')
  const options = tokens.filter((token) => token.kind === 'option')
  const taskTokens = options.filter(isTaskOption)
  for (const [i, option] of options.entries()) {
    if (!isTaskOption(option))
      checkOption(
        option,
        options[i - 1],
        words.map(({ value }) => value),
      )
    // in a group such as -vm, whose other letters are shipit's own
    else if (!argv[option.index]!.startsWith(option.rawName)) throw usageError(`unknown option ${option.rawName}`, { hint: SEE_HELP })
  }
  const at = new Set(taskTokens.flatMap(({ index, inlineValue }) => (inlineValue === false ? [index, index + 1] : [index])))
  const taskOptions = taskTokens.map(({ name, rawName, value, index }): TaskOption => {
    const next = words.findIndex((word) => word.index === index + 1)
    return { flag: rawName, name, value, next: next < 0 ? undefined : next }
  })
  const end = tokens.find(({ kind }) => kind === 'option-terminator')?.index
  return { known: argv.filter((_, i) => !at.has(i)), taskOptions, rest: end === undefined ? undefined : argv.slice(end + 1) }
}

/** Checks one option before Node does, whose messages are for programmers. `before`: the option to its left. */
const checkOption = (
  { rawName, name, value, index, inlineValue }: OptionToken,
  before: OptionToken | undefined,
  words: readonly string[],
): void => {
  if (!isGlobalOption(name)) {
    // -n=1 is read as -n -= -1
    if (name === '=' && before?.index === index) throw usageError(`${before.rawName} takes no value`, { hint: SEE_HELP })
    throw usageError(`unknown option ${rawName}`, { hint: words[1] === 'exec' ? AFTER_DASHES : (flagHint(rawName) ?? SEE_HELP) })
  }
  const long = `--${name}`
  if (FLAGS[name as keyof typeof FLAGS].type === 'boolean') {
    if (value !== undefined) throw usageError(`${long} takes no value, but got ${JSON.stringify(value)}`, { hint: SEE_HELP })
    return
  }
  const wants = `${long} needs ${name === 'config' || name === 'log' ? 'a file' : 'a value'}`
  // tail follows with -f
  const follows = rawName === '-f' && words[1] === 'logs'
  if (value === undefined) throw usageError(wants, { hint: follows ? FOLLOW : SEE_HELP })
  if (value === '') throw usageError(`${wants}, but got an empty value`, { hint: `is the variable after ${long} empty?` })
  if (!inlineValue && /^-./.test(value))
    throw usageError(`${wants}, but the next word is ${value}`, { hint: follows ? FOLLOW : `if that is the value, type ${long}=${value}` })
  if (inlineValue && !rawName.startsWith('--') && value.startsWith('='))
    throw usageError(`${rawName}${value}: only ${long} takes an equals sign`, { hint: `type ${rawName} ${value.slice(1)}` })
}

const AFTER_DASHES = 'the command for the hosts, with its options, follows --: exec -- ls -l'
const FOLLOW = 'to follow the logs, type -F'
const SEE_HELP = 'shipit --help lists the options'

const parse = (argv: readonly string[]) => parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: true })

/** Whether `--NAME` is shipit's own. */
export const isGlobalOption = (name: string): boolean => Object.hasOwn(FLAGS, name)

/** The long name of an option of shipit's own, from `--hosts`, `-z` or `--hosts=a1`, and whether a value follows it; undefined if it is none. */
export const globalFlag = (typed: string): { readonly name: string; readonly takesValue: boolean } | undefined => {
  const [flag = ''] = typed.split('=', 1)
  const found = Object.entries(FLAGS).find(([name, one]) => flag === `--${name}` || ('short' in one && flag === `-${one.short}`))
  return found && { name: found[0], takesValue: found[1].type === 'string' }
}

/** The error for an option that neither shipit nor a task has; `own`: the options of `owner`. */
export const unknownOption = (flag: string, own: readonly string[] = [], owner = 'these tasks take') =>
  usageError(`unknown option ${flag}${flagHint(flag) === undefined ? didYouMean(flag, [...FLAG_NAMES, ...own]) : ''}`, {
    hint: flagHint(flag) ?? (own.length === 0 ? SEE_HELP : `${owner} ${own.join(', ')}; shipit --help lists the others`),
  })
