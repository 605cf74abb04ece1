import { present } from '../../values/absent.ts'
import { refuseProblems } from '../../config/load.ts'
import type { Raw, RawStage } from '../../config/raw-config.ts'
import type { Stage } from '../../tasks/stage.ts'
import { oneLine } from '../../redact/clean.ts'
import { masked } from '../../redact/mask.ts'
import { twoColumns } from '../../output/two-columns.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { coreTasks } from '../../tasks/core.ts'
import { RUNNABLE } from '../../tasks/core-names.ts'
import { originalOf } from '../../tasks/entry.ts'
import type { AnyRecipe, AnyTask } from '../../tasks/types.ts'
import { MAY_BE_TASKS } from '../../values/reserved-words.ts'
import { columnsIn } from '../../values/width.ts'
import { usageError } from '../../values/errors.ts'
import { nearestStage, suggestion } from '../../values/nearest.ts'
import { taskUsage } from '../task-usage.ts'
import { shipitCommand } from '../shipit-command.ts'
import type { Options } from '../global-options.ts'
import { LINKED_COMMANDS } from '../linked-commands.ts'
import { redactText } from '../redact-text.ts'
import { loadProject } from './load-project.ts'
import { requireStage } from './require-stage.ts'

/**
 * `shipit [STAGE] --tasks [PATTERN]`: the tasks that you can run, one per line; with `--all` also the parts of a deploy and tasks without a
 * description. Resolves nothing, so it needs no secret.
 */
export const listTasks = async (options: Options): Promise<number> => {
  const loaded = await loadProject(options)
  await refuseProblems(loaded)
  const { config } = loaded
  const [first] = options.words
  const hasStage = first !== undefined && Object.hasOwn(config.stages, first)
  if (!hasStage && options.words.length > 1) requireStage(loaded, options)
  const pattern = hasStage ? options.words[1] : first
  const stage = hasStage ? first : undefined
  const own = tasksOf(config, stage)
  const tasks = new Map([...linkedCommands(config, stage), ...own])
  const matches = matcher(pattern)
  const matching = [...tasks]
    .filter(([name, { task }]) => matches(name) || matches(task.description ?? ''))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = options.all ? matching : matching.filter(([, { task, part }]) => task.description !== undefined && !part)
  if (rows.length === 0) throw noMatch(options, pattern, hasStage ? undefined : first, Object.keys(config.stages), matching.length > 0)
  const lines = twoColumns(
    rows.map(([name, of]) => [name, describeTask(name, of, own)]),
    // for programs: one task per line
    columnsIn(process.stdout, Infinity),
  )
  // a program reads nothing but tasks
  const hidden = process.stdout.isTTY ? matching.length - rows.length : 0
  const footer = hidden === 0 ? [] : ['', `${hidden} more: ${shipitCommand(options)(...options.words, '--tasks', '--all')}`]
  writeOut(redactText(`${[...lines, ...footer].join('\n')}\n`))
  return 0
}

/** The commands for linked files, which are called like tasks, if the config may have files for them. */
const linkedCommands = (config: Raw, stage: string | undefined): readonly (readonly [string, ListedTask])[] => {
  const stages = Object.entries(config.stages).flatMap(([name, one]) => (stage === undefined || name === stage ? [one] : []))
  const lists = [config.linkedFiles, ...stages.map((one) => (typeof one === 'function' ? undefined : one.linkedFiles))]
  const has = lists.flat().some((one) => typeof one === 'function' || (typeof one === 'object' && one !== null))
  if (!has) return []
  return LINKED_COMMANDS.map(({ name, help }) => [name, { task: { description: capital(help[0]![1]), steps: () => [] }, part: false }])
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const describeTask = (name: string, { task, part }: ListedTask, tasks: ReadonlyMap<string, ListedTask>): string =>
  [
    oneLine(masked(task.description ?? '')),
    ...taskUsage(name, (one) => tasks.get(one)?.task),
    ...(MAY_BE_TASKS.includes(name) && tasks.has(name) ? ['(instead of the command of that name)'] : []),
    ...(part ? ['(part of a deploy)'] : task.description === undefined ? ['(no description)'] : []),
  ]
    .filter((text) => text !== '')
    .join(' ')

/** The tasks of a stage, or of all stages, by name. Stages that are functions are not called. */
export const tasksOf = (config: Pick<Raw, 'stages' | 'use' | 'tasks' | 'override'>, stage?: string): ReadonlyMap<string, ListedTask> => {
  const stages = Object.entries(config.stages).filter(([name]) => stage === undefined || name === stage)
  const stageConfigs = stages.flatMap(([, one]) => (typeof one === 'function' ? [] : [one]))
  const recipes = present([...(config.use ?? []), ...stageConfigs.flatMap((one: RawStage) => one.use ?? [])])
  const tasks = collectTasks(recipes, [config.tasks ?? {}, ...stageConfigs.map((one) => one.tasks ?? {})])
  applyOverrides(tasks, [...recipes.map(({ definition }) => definition), config, ...(stage === undefined ? [] : stageConfigs)])
  return tasks
}

/** `word`: what was typed in the place of a stage. */
const noMatch = (options: Options, pattern: string | undefined, word: string | undefined, stages: readonly string[], more: boolean) => {
  const stage = word === undefined ? undefined : nearestStage(word, stages)
  const shipit = shipitCommand(options)
  if (more)
    return usageError(`no task that you can run matches "${pattern}"`, {
      hint: `see the others: ${shipit(...options.words, '--tasks', '--all')}`,
    })
  return usageError(`no task matches "${pattern}"${suggestion(stage)}`, {
    hint:
      stage === undefined
        ? `see them all: ${word === undefined ? shipit(...options.words.slice(0, -1), '--tasks') : shipit('--tasks')}`
        : `see the tasks of that stage: ${shipit(stage, '--tasks')}`,
  })
}

export interface ListedTask {
  readonly task: AnyTask
  /** one of shipit's own, which you cannot run by itself */
  readonly part: boolean
}

const collectTasks = (recipes: readonly AnyRecipe[], own: readonly Readonly<Record<string, AnyTask>>[]): Map<string, ListedTask> => {
  // a stub, because the tasks are never called here
  const stubStage = { linkedFiles: [], linkedDirs: [], git: { limit: 1, hostKeys: 'yes' } } as unknown as Stage
  const tasks = new Map<string, ListedTask>(
    Object.entries(coreTasks(stubStage)).map(([name, { task }]) => [name, { task, part: !RUNNABLE.has(name) }]),
  )
  const add = (name: string, task: AnyTask) => tasks.set(name, { task, part: false })
  for (const { definition, options } of recipes) {
    for (const [key, task] of Object.entries(definition.tasks ?? {}))
      add(key.startsWith(':') ? key.slice(1) : `${options.name ?? definition.name}:${key}`, task)
  }
  for (const tasks of own) for (const [name, task] of Object.entries(tasks)) add(name, task)
  return tasks
}

/**
 * A task that is switched off, and each original, is one without a description. A task in its place keeps the description of the recipe's if
 * it has none, since the name is still there to be typed.
 */
const applyOverrides = (tasks: Map<string, ListedTask>, layers: readonly Pick<RawStage, 'override'>[]): void => {
  for (const { override = {} } of layers)
    for (const [name, def] of Object.entries(override)) {
      const replaced = tasks.get(name)
      if (def === null || def === undefined || replaced === undefined) continue
      const { description, ...original } = replaced.task
      if (!tasks.has(originalOf(name))) tasks.set(originalOf(name), { task: original as AnyTask, part: false })
      if (def !== false) tasks.set(name, { task: { ...def, description: def.description ?? description } as AnyTask, part: false })
      else tasks.set(name, { task: original as AnyTask, part: false })
    }
}

const matcher = (pattern: string | undefined): ((text: string) => boolean) => {
  if (pattern === undefined) return () => true
  const regex = /^\/(.*)\/$/s.exec(pattern)
  if (!regex) return (text) => text.includes(pattern)
  try {
    const compiled = new RegExp(regex[1]!, 'u')
    return (text) => compiled.test(text)
  } catch (error) {
    throw usageError(`--tasks ${pattern}: ${(error as Error).message}`)
  }
}
