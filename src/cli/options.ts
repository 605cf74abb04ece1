import { parseArgs } from 'node:util'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import type { OutputName } from '../output/choose.ts'

/** The command line, read; nothing is looked up yet. */
export interface Options {
  readonly words: readonly string[]
  readonly hosts: string | undefined
  readonly roles: string | undefined
  readonly branch: string | undefined
  readonly release: string | undefined
  readonly set: readonly string[]
  readonly config: string | undefined
  readonly output: OutputName | undefined
  /** undefined: log/shipit.log beside the config; false: none */
  readonly log: string | false | undefined
  readonly dryRun: boolean
  readonly tasks: boolean
  readonly keep: boolean
  readonly help: boolean
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
  tasks: { type: 'boolean', short: 'T' },
  keep: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const

const OUTPUTS: readonly string[] = ['tree', 'plain', 'jsonl']

/** Throws (usage) for a flag that does not exist, with the nearest, and for a value that is none. */
export const parseOptions = (argv: readonly string[]): Options => {
  const { values, positionals } = parse(argv)
  const { output } = values
  if (output !== undefined && !OUTPUTS.includes(output)) {
    throw usageError(`--output ${output}: there is no such output${didYouMean(output, OUTPUTS)}`, { hint: 'tree, plain or jsonl' })
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
    tasks: values.tasks ?? false,
    keep: values.keep ?? false,
    help: values.help ?? false,
  }
}

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: true })
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    const flag = /'(-{1,2}[^' ]+)/.exec(message)?.[1]
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && flag !== undefined) {
      const names = Object.keys(FLAGS).map((name) => `--${name}`)
      throw usageError(`there is no option ${flag}${didYouMean(flag, names)}`, { hint: 'shipit --help lists the options' })
    }
    throw usageError(message.split('\n')[0]!.replace(/\.?$/, ''), { hint: 'shipit --help lists the options' })
  }
}
