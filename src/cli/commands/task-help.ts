import { defaultOf } from '../../settings/zod-introspection.ts'
import { guardStreams } from '../../output/intercept-streams.ts'
import { twoColumns, type Row } from '../../output/two-columns.ts'
import { oneLine } from '../../redact/clean.ts'
import { OPTIONS } from '../option-rows.ts'
import { masked } from '../../redact/mask.ts'
import { partsOf, type FindTask } from '../../tasks/parts.ts'
import { usageError } from '../../values/errors.ts'
import { didYouMean } from '../../values/nearest.ts'
import { wrap } from '../../values/width.ts'
import { commandInHelp } from '../command-table.ts'
import type { Options } from '../global-options.ts'
import { redactText } from '../redact-text.ts'
import { restName, takersOf } from '../rest-words.ts'
import { shipitCommand } from '../shipit-command.ts'
import { flagUsage, taskFlags, taskUsage, type TaskFlag } from '../task-usage.ts'
import { loadProject } from './load-project.ts'
import { tasksOf } from './tasks.ts'

/**
 * `shipit STAGE TASK --help`: what may be typed after the task. Undefined if the words are no task, or no config can be read: then the help
 * of shipit is what there is. Throws (usage) for a task that the stage does not have.
 */
export const taskHelp = async (options: Options, columns: number): Promise<string | undefined> => {
  const [stage, name] = options.words.slice(0, options.words.length - (options.rest?.length ?? 0))
  if (stage === undefined || stage === 'help' || name === undefined || options.tasks || commandInHelp(options) !== undefined)
    return undefined
  const release = guardStreams('stderr')
  try {
    const { config } = await loadProject(options).catch(() => ({ config: undefined }))
    if (config === undefined || !Object.hasOwn(config.stages, stage)) return undefined
    const tasks = tasksOf(config, stage)
    // a stage that is a function has tasks of its own
    if (!tasks.has(name) && typeof config.stages[stage] === 'function') return undefined
    if (!tasks.has(name))
      throw usageError(`unknown task "${name}"${didYouMean(name, tasks.keys())}`, {
        hint: `see them: ${shipitCommand(options)(stage, '--tasks')}`,
      })
    return redactText(helpText(shipitCommand(options)(stage, name), name, (one) => tasks.get(one)?.task, columns))
  } finally {
    release()
  }
}

/** `command`: how the task is typed without anything. */
const helpText = (command: string, name: string, find: FindTask, columns: number): string => {
  const parts = partsOf(name, find)
  const of = (tasks: readonly string[]): string => (parts.length > 1 ? `of ${tasks.join(', ')}` : '')
  const rows: readonly Row[] = [
    ...(OF_CORE[name] ?? []),
    ...taskFlags(parts).map((one): Row => [flagUsage(one), joined(one.schema.meta()?.description, defaultText(one), of(one.tasks))]),
    ...takersOf(parts).map(({ task, rest }): Row => [
      `-- ${restName(rest)}…`,
      joined(typeof rest === 'object' ? rest.description : undefined, of([task])),
    ]),
  ]
  const description = oneLine(masked(find(name)?.description ?? ''))
  const paragraphs = [
    twoColumns([[[command, ...taskUsage(name, find)].join(' '), description]], columns, '  '),
    rows.length === 0 ? ['The task has no options of its own.'] : ['Options', ...twoColumns(rows, columns, '  ')],
    wrap('All commands and options: shipit --help', columns),
  ]
  return `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

/** The options of shipit that are for one task of its own. */
const OF_CORE: Readonly<Record<string, readonly Row[]>> = {
  deploy: [OPTIONS.branch!],
  'deploy:rollback': [['--release NAME', OPTIONS.release![1]]],
}

const joined = (...texts: readonly (string | undefined)[]): string =>
  oneLine(masked(texts.filter((text) => text !== undefined && text !== '').join('; ')))

const defaultText = ({ schema }: TaskFlag): string => {
  const value = defaultOf(schema)
  const plain = typeof value === 'string' || typeof value === 'number' || value === true
  return plain ? `default: ${String(value)}` : ''
}
