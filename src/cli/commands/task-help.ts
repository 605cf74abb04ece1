import { basename } from 'node:path'
import { defaultOf } from '../../settings/zod-introspection.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { resolveStage } from '../../config/stage.ts'
import { guardStreams } from '../../output/intercept-streams.ts'
import { twoColumns, type Row } from '../../output/two-columns.ts'
import { oneLine } from '../../redact/clean.ts'
import { OPTIONS } from '../option-rows.ts'
import { masked } from '../../redact/mask.ts'
import { partsOf, type FindTask } from '../../tasks/parts.ts'
import { setBySequences } from '../../tasks/sequence-set.ts'
import { taskNameHint } from '../../tasks/task-name-hints.ts'
import { unknownTask } from '../../tasks/unknown-task.ts'
import { present } from '../../values/absent.ts'
import { wrap } from '../../values/width.ts'
import { commandInHelp } from '../command-table.ts'
import type { Options } from '../global-options.ts'
import { redactText } from '../redact-text.ts'
import { restName, takersOf } from '../../tasks/rest-words.ts'
import { shipitCommand } from '../shipit-command.ts'
import { flagUsage, taskFlags, taskUsage, type TaskFlag } from '../task-usage.ts'
import { loadProject } from './load-project.ts'
import { settleStage } from './settle-stage.ts'
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
    const loaded = await loadProject(options).catch(() => undefined)
    if (loaded === undefined || !Object.hasOwn(loaded.config.stages, stage)) return undefined
    // a stage that is a function has tasks of its own; if its code fails, as without a variable, nothing is known of them
    const settled = await settleStage(loaded, stage).catch(() => undefined)
    if (settled === undefined) return undefined
    const config = { ...loaded.config, stages: { ...loaded.config.stages, [stage]: settled.stage } }
    const tasks = tasksOf(config, stage)
    const shipit = (...words: readonly string[]) => shipitCommand(options)(stage, ...words)
    if (!tasks.has(name)) {
      const recipes = present([...(config.use ?? []), ...(settled.stage.use ?? [])]).map(({ definition }) => definition.name)
      const hint = taskNameHint(name, shipit, basename(loaded.file), recipes, [...tasks.keys()])
      throw unknownTask(name, tasks.keys(), { hint, list: shipit('--tasks') })
    }
    const find: FindTask = (one) => tasks.get(one)?.task
    const sets = await shownSets(loaded, stage, setBySequences([name], find))
    return redactText(helpText({ command: shipit(name), name, find, sets, columns }))
  } finally {
    release()
  }
}

/** What is secret among the values of a sequence is known once the stage has them; where that fails, only their names are shown. */
const shownSets = async (loaded: LoadedConfig, stage: string, sets: readonly string[]): Promise<readonly string[]> => {
  if (sets.length === 0) return []
  const known = await resolveStage(loaded, stage, { set: sets }).then(
    () => true,
    () => false,
  )
  return known ? sets : sets.map((one) => one.replace(/=[^]*/, '=…'))
}

interface Described {
  /** how the task is typed without anything */
  readonly command: string
  readonly name: string
  readonly find: FindTask
  /** what its sequences set */
  readonly sets: readonly string[]
  readonly columns: number
}

const helpText = ({ command, name, find, sets, columns }: Described): string => {
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
    ...(sets.length === 0 ? [] : [wrap(`Runs with: ${sets.map((one) => `--set ${oneLine(masked(one))}`).join(' ')}`, columns)]),
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
