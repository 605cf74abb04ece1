import { twoColumns, type Row } from '../output/two-columns.ts'
import { usageError } from '../values/errors.ts'
import { nearest as nearestName, suggestion } from '../values/nearest.ts'
import { wrap } from '../values/width.ts'
import { COMMANDS, commandInHelp, mayBeTask } from './command-table.ts'
import type { Command } from './command.ts'
import type { OptionName, Options } from './global-options.ts'
import { ALWAYS, OPTIONS } from './option-rows.ts'

const EXAMPLES: readonly Row[] = [
  ['shipit production deploy', 'deploy a new release'],
  ['shipit production deploy:rollback', 'go back to the previous release'],
  ['shipit production sidekiq:restart', 'restart Sidekiq'],
]

const CODES: readonly Row[] = [
  ['0', 'done'],
  ['1', 'failed; what was live is still live'],
  ['2', 'usage or config'],
  ['3', 'a host could not be reached or trusted'],
  ['4', 'locked: by another run, or until somebody unlocks'],
  ['6', 'hosts differ: check them by hand'],
  ['7', 'the new release is live, but a later task failed'],
  ['129, 130, 143', 'interrupted, cleanly'],
]

/** The help that was asked for: of one command (`shipit help plan`, `shipit production plan --help`), or of shipit. */
export const helpFor = (options: Options, columns: number): string => {
  const command = commandInHelp(options)
  if (command === undefined) refuseMistyped(options)
  return command === undefined ? help(columns) : commandHelp(command, columns)
}

/** Throws (usage) for `shipit help WORD`, or `shipit X:Y --help`, if a command was nearly named. */
const refuseMistyped = ({ words: [first = '', second] }: Options): void => {
  const typed = first === 'help' ? second : second === undefined && first.includes(':') ? first : undefined
  const nearest =
    typed === undefined
      ? undefined
      : nearestName(
          typed,
          COMMANDS.map(({ name }) => name).filter((name) => /^\w/.test(name)),
        )
  if (nearest !== undefined) throw usageError(`there is no command "${typed}"${suggestion(nearest)}`, { hint: `shipit help ${nearest}` })
}

/** `shipit --help`, in lines of at most `columns` columns. Code 5 is not there: no run ends with it yet. */
export const help = (columns: number): string => {
  const text = textIn(columns)
  const rows = rowsIn(columns)
  return linesOf(
    text('shipit deploys applications to servers over SSH.'),
    rows(COMMANDS.flatMap((command) => command.help)),
    rows(EXAMPLES),
    ['Options', ...rows([...Object.values(OPTIONS), ...ALWAYS]), ...text(TASK_OPTIONS, '  ')],
    ['Exit codes', ...rows(CODES)],
  )
}

const TASK_OPTIONS = 'Tasks may have options of their own, typed after the task; shipit --tasks lists them.'

const commandHelp = (command: Command, columns: number): string => {
  const text = textIn(columns)
  const rows = rowsIn(columns)
  const { examples = [], own, takes, hides = [], codes = CODES } = command
  const shown = (name: string): boolean => takes.includes(name as OptionName) && !hides.includes(name as OptionName)
  const options = [...(own === 'tasks' ? [] : own), ...Object.entries(OPTIONS).flatMap(([name, row]) => (shown(name) ? [row] : []))]
  return linesOf(
    rows(command.help),
    mayBeTask(command) ? text(`A task called ${command.name}, of the config or of a recipe, runs instead.`) : [],
    rows(examples),
    options.length === 0 ? [] : ['Options', ...rows(options)],
    ['Exit codes', ...rows(codes)],
    text('All commands and options: shipit --help'),
  )
}

const rowsIn =
  (columns: number) =>
  (all: readonly Row[]): string[] =>
    all.length === 0 ? [] : twoColumns(all, columns, '  ')

const textIn =
  (columns: number) =>
  (text: string, indent = ''): string[] =>
    wrap(text, columns - indent.length).map((line) => indent + line)

/** Paragraphs with an empty line between them. */
const linesOf = (...paragraphs: readonly (readonly string[])[]): string =>
  `${paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
