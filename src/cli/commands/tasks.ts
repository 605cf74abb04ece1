import { refuseWrong } from '../../config/load.ts'
import type { RawStage } from '../../config/raw.ts'
import type { Stage } from '../../tasks/stage.ts'
import { oneLine } from '../../events/clean.ts'
import { writeOut } from '../../output/stray.ts'
import { coreTasks } from '../../tasks/core.ts'
import type { AnyRecipe, AnyTask } from '../../tasks/types.ts'
import { usageError } from '../../values/errors.ts'
import { nearestStage, orMeant } from '../../values/nearest.ts'
import { usageOf } from '../args.ts'
import { commandsOf } from '../commands-of.ts'
import type { Options } from '../options.ts'
import { redactText } from '../redacted.ts'
import { loadProject } from './load.ts'
import { requireStage } from './stage-only.ts'

/** `shipit [STAGE] --tasks [PATTERN]`: the tasks that have a description, one per line. Resolves nothing, so it needs no secret. */
export const listTasks = async (options: Options): Promise<number> => {
  const loaded = await loadProject(options)
  await refuseWrong(loaded)
  const { config } = loaded
  const [first] = options.words
  const named = first !== undefined && Object.hasOwn(config.stages, first)
  if (!named && options.words.length > 1) requireStage(loaded, options)
  const pattern = named ? options.words[1] : first
  const stages = Object.entries(config.stages).filter(([name]) => !named || name === first)
  const own = stages.flatMap(([, stage]) => (typeof stage === 'function' ? [] : [stage]))
  const all = collect(
    [...(config.use ?? []), ...own.flatMap((stage: RawStage) => stage.use ?? [])],
    [config.tasks ?? {}, ...own.map((stage) => stage.tasks ?? {})],
  )
  const matches = matcher(pattern)
  const rows = [...all]
    .filter(([name, task]) => task.description !== undefined && (matches(name) || matches(task.description)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  if (rows.length === 0) {
    const stage = named || first === undefined ? undefined : nearestStage(first, Object.keys(config.stages))
    const shipit = commandsOf(options)
    throw usageError(`no task matches "${pattern}"${orMeant(stage)}`, {
      hint:
        stage === undefined
          ? `see them all: ${named ? shipit(first, '--tasks') : shipit('--tasks')}`
          : `see the tasks of that stage: ${shipit(stage, '--tasks')}`,
    })
  }
  const wide = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(
    ([name, task]) =>
      `${name.padEnd(wide)}  ${oneLine(task.description ?? '')}${task.args === undefined ? '' : ` ${usageOf(task.args)}`}\n`,
  )
  writeOut(redactText(lines.join('')))
  return 0
}

const collect = (recipes: readonly AnyRecipe[], own: readonly Readonly<Record<string, AnyTask>>[]): Map<string, AnyTask> => {
  // a stub, because the tasks are never called here
  const nothing = { linkedFiles: [], linkedDirs: [], git: { limit: 1, hostKeys: 'yes' } } as unknown as Stage
  const all = new Map<string, AnyTask>(Object.entries(coreTasks(nothing)).map(([name, { task }]) => [name, task]))
  for (const { definition, options } of recipes) {
    for (const [key, task] of Object.entries(definition.tasks ?? {}))
      all.set(key.startsWith(':') ? key.slice(1) : `${options.name ?? definition.name}:${key}`, task)
  }
  for (const tasks of own) for (const [name, task] of Object.entries(tasks)) all.set(name, task)
  return all
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
