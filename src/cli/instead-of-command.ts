import { findIn, findTask } from '../tasks/registry.ts'
import type { Registry } from '../tasks/entry.ts'
import { partsOfAll } from '../tasks/parts.ts'
import { usageError, type ShipitError } from '../values/errors.ts'
import type { Command } from './command.ts'
import { CONFIG, TREE } from './config-commands.ts'
import { EXEC, LOCK, LOGS, SSH, UNLOCK } from './host-commands.ts'
import { LINKED_COMMANDS } from './linked-commands.ts'
import { LOOK_COMMANDS } from './look/commands.ts'
import type { Options } from './global-options.ts'
import { declarations } from './own-options.ts'
import { takersOf } from '../tasks/rest-words.ts'
import { shipitCommand } from './shipit-command.ts'
import { takesOption } from './task-options.ts'

/** Commands in whose place a task of their name runs. */
export const REPLACEABLE: readonly Command[] = [CONFIG, TREE, ...LOOK_COMMANDS, SSH, EXEC, LOGS, ...LINKED_COMMANDS, LOCK, UNLOCK]

/**
 * Checks the words of a command line before its options are read. Throws (usage) for an unknown task, and for a line that is meant for a
 * command whose place a task of the stage has taken.
 */
export const refuseWrongTasks = (options: Options, registry: Registry): void => {
  const meant = meantCommand(options, registry)
  if (meant !== undefined) throw meant
  // a word after an option may be its value
  const unknown = taskWords(options).find((word) => !registry.tasks.has(word))
  if (unknown !== undefined) findTask(registry, unknown)
}

const taskWords = ({ words, taskOptions, rest }: Options): readonly string[] => {
  const values = new Set(taskOptions.map(({ value, next }) => (value === undefined ? next : undefined)))
  const first = words[1] === 'plan' ? 2 : 1
  return words.slice(0, words.length - (rest?.length ?? 0)).filter((_, i) => i >= first && !values.has(i))
}

const meantCommand = (options: Options, { tasks }: Registry): ShipitError | undefined => {
  const [stage = '', name = ''] = options.words
  const command = REPLACEABLE.find((one) => one.name === name)
  const task = tasks.get(name)
  if (command === undefined || task === undefined) return undefined
  const parts = partsOfAll(taskWords(options), findIn({ tasks }))
  const own = command.own === 'tasks' ? [] : command.own.flatMap(([row]) => declarations(row).map(([flag]) => flag))
  const option = options.taskOptions.find((one) => own.includes(one.flag) && !takesOption(parts, one))
  const word = takesWord(command)
    ? taskWords(options)
        .slice(1)
        .find((one) => !tasks.has(one))
    : undefined
  const rest = command.takesRest && options.rest !== undefined && takersOf(parts).length === 0
  const what = option?.flag ?? (rest ? 'words after --' : word === undefined ? undefined : JSON.stringify(word))
  if (what === undefined) return undefined
  const from = task.owner === 'config' ? 'of the config' : `of the recipe ${task.owner}`
  return usageError(`${name} is a task ${from}, which runs in place of the command of that name, and it takes no ${what}`, {
    hint: `the task: ${shipitCommand(options)(stage, name)}; for the command, give the task another name`,
  })
}

/** `shipit STAGE ssh [HOST]`, and not `shipit STAGE lock -m REASON`. */
const takesWord = ({ help: [row], name }: Command): boolean => /^ \[?[A-Z]/.test(row![0].split(` ${name}`)[1] ?? '')
