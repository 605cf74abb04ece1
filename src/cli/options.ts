import { parseArgs } from 'node:util'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { otherFlag } from './other-words.ts'
import type { OutputName } from '../output/choose.ts'

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
  readonly tasks: boolean
  readonly keep: boolean
  readonly verbose: boolean
  readonly help: boolean
  /** long options that shipit does not have: a task may */
  readonly extras: readonly Extra[]
}

export interface Extra {
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
  tasks: { type: 'boolean', short: 'T' },
  keep: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const

const FLAG_NAMES = Object.keys(FLAGS).map((name) => `--${name}`)
const OUTPUTS: readonly string[] = ['tree', 'plain', 'jsonl']

/** Throws a usage error for an unknown short flag, and for a missing or wrong value. Unknown long options are `extras`. */
export const parseOptions = (argv: readonly string[]): Options => {
  const { known, extras } = sift(argv)
  const { values, positionals } = parse(known)
  const { output } = values
  if (output !== undefined && !OUTPUTS.includes(output)) {
    throw usageError(`--output ${output}: unknown output${didYouMean(output, OUTPUTS)}`, { hint: 'tree, plain or jsonl' })
  }
  return {
    words: positionals,
    hosts: values.hosts,
    roles: values.roles,
    branch: values.branch,
    release: values.release,
    set: values.set ?? [],
    config: values.config,
    output: output as OutputName | undefined,
    log: values['no-log'] ? false : values.log,
    dryRun: values['dry-run'] ?? false,
    full: values.full ?? false,
    tasks: values.tasks ?? false,
    keep: values.keep ?? false,
    verbose: values.verbose ?? false,
    help: values.help ?? false,
    extras,
  }
}

/** Separates long options that shipit does not have from the rest of the line. */
const sift = (argv: readonly string[]): { known: string[]; extras: Extra[] } => {
  const { tokens } = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: false, tokens: true })
  const words = tokens.filter((token) => token.kind === 'positional')
  const foreign = tokens.flatMap((token) =>
    token.kind === 'option' && token.rawName.startsWith('--') && !Object.hasOwn(FLAGS, token.name) ? [token] : [],
  )
  const at = new Set(foreign.map(({ index }) => index))
  const extras = foreign.map(({ name, rawName, value, index }): Extra => {
    const next = words.findIndex((word) => word.index === index + 1)
    return { flag: rawName, name, value: value as string | undefined, next: next < 0 ? undefined : next }
  })
  return { known: argv.filter((_, i) => !at.has(i)), extras }
}

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: true })
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    const flag = /'(-[^' ]+)/.exec(message)?.[1]
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && flag !== undefined)
      throw usageError(`unknown option ${flag}`, { hint: otherFlag(flag) ?? 'shipit --help lists the options' })
    const wants = /^Option '.*?(--[\w-]+) <value>' argument missing/.exec(message)?.[1]
    if (wants !== undefined)
      throw usageError(`${wants} needs ${wants === '--config' ? 'a file' : 'a value'}`, { hint: 'shipit --help lists the options' })
    throw usageError(message.split('\n')[0]!.replace(/\.?$/, ''), { hint: 'shipit --help lists the options' })
  }
}

/** Whether `--NAME` is shipit's own. */
export const isOwn = (name: string): boolean => Object.hasOwn(FLAGS, name)

/** The error for an option that neither shipit nor a task has; `own`: the options of the tasks. */
export const unknownOption = (flag: string, own: readonly string[] = []) =>
  usageError(`unknown option ${flag}${otherFlag(flag) === undefined ? didYouMean(flag, [...FLAG_NAMES, ...own]) : ''}`, {
    hint:
      otherFlag(flag) ??
      (own.length === 0 ? 'shipit --help lists the options' : `these tasks take ${own.join(', ')}; shipit --help lists the others`),
  })
