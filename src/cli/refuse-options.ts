import { usageError } from '../values/errors.ts'
import type { Command } from './command.ts'
import { typedOptions, type OptionName, type Options } from './global-options.ts'
import { parseOwnOptions } from './own-options.ts'
import { assignmentError } from './usage-hints.ts'

/** Options that belong to one command. */
const ONLY_FOR: Readonly<Partial<Record<OptionName, readonly [message: string, hint: string]>>> = {
  keep: ['--keep is for shipit demo', 'to keep a release that failed: --set keepFailed=true'],
  all: ['--all is for --tasks', 'every host of a stage is the default'],
  full: ['--full is for a plan', 'use it with plan and a task: plan deploy --full'],
  release: ['--release is for deploy:rollback', 'it names the release to go back to'],
}

/** Throws (usage) for an option that has no effect on this command, and for words such as `branch=main`, which are settings. */
export const refuseMisplaced = (options: Options, command: Command): void => {
  refuseUnknown(options, command)
  const wrong = typedOptions(options).find((name) => !command.takes.includes(name))
  if (wrong !== undefined) throw wrong === 'output' ? noOutput(options, command) : misplaced(wrong, options, command)
  if (command.afterStage) refuseAssignments(options, command)
}

/** Only tasks, and a few commands, have options of their own. */
const refuseUnknown = (options: Options, { own, name }: Command): void => {
  if (own !== 'tasks') parseOwnOptions(options, own, name)
}

const misplaced = (option: OptionName, options: Options, command: Command) => {
  const [message, hint] = ONLY_FOR[option] ?? []
  if (message !== undefined) return usageError(message, { hint })
  const { noun, takes, own, name, afterStage } = command
  // tail counts with -n
  if (name === 'logs' && option === 'dry-run')
    return usageError('--dry-run (-n) has no effect in logs, which changes nothing', {
      hint: 'for the last lines of each log, type --lines 20',
    })
  const flags = [...takes.map((one) => `--${one}`), ...(own === 'tasks' ? [] : own.map(([flag]) => /--[\w-]+/.exec(flag)![0]))]
  const others = flags.length === 0 ? ', which takes no options' : `, which takes only ${flags.join(', ')}`
  return usageError(`--${option} has no effect in ${noun}${others}`, {
    hint: afterStage ? `${typedCommand(options.words, name)} --help says more` : `shipit ${name}`,
  })
}

/** The command as it was typed, with its stage. */
const typedCommand = ([first = 'STAGE']: readonly string[], name: string): string =>
  first === name ? `shipit ${name}` : `shipit ${/^[\w.-]+$/.test(first) ? first : 'STAGE'} ${name}`

/** The commands that look, and those on hosts, have no renderers of a run to choose from. */
const noOutput = ({ output }: Options, { noun, own }: Command) => {
  const json = own !== 'tasks' && own.some(([row]) => row.includes('--json'))
  return usageError(`--output has no effect in ${noun}, which prints text${json ? ', or JSON with --json' : ''}`, {
    hint: output === 'jsonl' && json ? 'type --json instead of it' : 'leave it out',
  })
}

const refuseAssignments = (options: Options, command: Command): void => {
  // the word after a task option is its value, whatever it looks like
  const values = new Set(options.taskOptions.map(({ next }) => next))
  // so is what a command after -- is given
  const end = options.words.length - (command.takesRest ? (options.rest?.length ?? 0) : 0)
  for (const [i, word] of options.words.slice(0, end).entries()) {
    const wrong = values.has(i) ? undefined : assignmentError(word)
    if (wrong !== undefined) throw wrong
  }
}

/** Throws (usage) for options that ask for opposite things. */
export const refuseQuiet = ({ quiet, verbose, output }: Options): void => {
  if (quiet && verbose) throw usageError('--quiet and --verbose exclude each other', { hint: 'leave one of them out' })
  if (quiet && output !== undefined) throw usageError('--quiet and --output exclude each other', { hint: 'leave one of them out' })
}
