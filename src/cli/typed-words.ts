import type { Intent } from '../run/intent.ts'
import type { TypedOption } from '../run/request.ts'
import { usageError } from '../values/errors.ts'
import type { Options } from './global-options.ts'
import { shipitCommand } from './shipit-command.ts'

/** The words and the options of tasks in the order in which they were typed, without those after `--`. */
export const typedAgain = ({ words, taskOptions, rest }: Pick<Options, 'words' | 'taskOptions' | 'rest'>): readonly string[] => {
  const before = words.slice(0, words.length - (rest?.length ?? 0))
  const flags = (next: number | undefined) =>
    taskOptions.flatMap((one) => (one.next === next ? [one.value === undefined ? one.flag : `${one.flag}=${one.value}`] : []))
  return [...before.flatMap((word, i) => [...flags(i), word]), ...flags(undefined)]
}

/** `--` and the words after it; empty if there is no `--`. */
export const restAgain = ({ rest }: Pick<Options, 'rest'>): readonly string[] => (rest === undefined ? [] : ['--', ...rest])

/** Throws (usage) if all tasks come after `--`, where words are for a task. */
export const refuseNoTask = (options: Options): void => {
  if (options.rest === undefined) return
  const words = typedAgain(options)
  const [stage, second] = words
  if (words.length >= (second === 'plan' ? 3 : 2)) return
  throw usageError('there is no task before --, and words after it are for a task', {
    hint: shipitCommand(options)(stage ?? 'STAGE', ...(second === undefined ? [] : [second]), 'TASK', ...restAgain(options)),
  })
}

/** Throws (usage) for an option that only tasks have which this run leaves out: it would have no effect. */
export const refuseUnused = (typed: readonly TypedOption[], { entries }: Pick<Intent, 'entries'>): void => {
  const running = new Set(entries.flatMap((entry) => (entry.kind === 'task' ? [entry.task.name, ...entry.within] : [])))
  const unused = typed.find(({ tasks }) => !tasks.some((task) => running.has(task)))
  if (unused === undefined) return
  const [option = ''] = unused.words
  const what = option === '--' ? 'the words after -- are' : `${option.replace(/=.*$/s, '')} is`
  throw usageError(`${what} for ${unused.tasks.join(' and ')}, which does not run here: its \`when\` is false, or it is switched off`, {
    hint: 'leave them out',
  })
}
