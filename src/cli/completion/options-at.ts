import { globalFlag, type OptionName } from '../global-options.ts'
import { ALWAYS, OPTIONS } from '../option-rows.ts'
import { declarations } from '../own-options.ts'
import { partsOfAll } from '../../tasks/parts.ts'
import { taskFlags } from '../task-usage.ts'
import type { Candidate, Place } from './place.ts'
import type { Flag } from './read-words.ts'

/** The options that may be typed more than once. */
const REPEATED: readonly string[] = ['--set', '--answer']
/** Those that the help explains elsewhere. */
const MORE: Readonly<Record<string, string>> = {
  all: 'also the parts of a deploy, and tasks without a description',
  keep: 'keep the hosts of the demo up',
}

/** An option of the command or of a task among the words. */
export const ownFlag = (flag: string, { command, tasks }: Pick<Place, 'command' | 'tasks'>, words: readonly string[]): Flag | undefined => {
  if (command.own !== 'tasks') {
    const [, found] = command.own.flatMap(([row]) => declarations(row)).find(([name]) => name === flag) ?? []
    return found && { flag: found.flag, takesValue: found.usage !== undefined }
  }
  return flagsOfTasks(tasks, words).find((one) => one.flag === flag)
}

/** The options of the tasks among the words. */
export const flagsOfTasks = (tasks: Place['tasks'], words: readonly string[]) =>
  taskFlags(partsOfAll(words.slice(1), (name) => tasks.get(name)?.task))

/** The options that fit here and were not typed yet. */
export const flagsAt = (place: Place): readonly Candidate[] => {
  const { command, words, typed, tasks, table } = place
  const ofTasks = command.own === 'tasks' ? flagsOfTasks(tasks, words) : []
  const own = command.own === 'tasks' ? [] : command.own
  const takes = words.length < 2 && command.afterStage ? table.commands[0]!.takes : command.takes
  const fits = (name: OptionName): boolean =>
    (name !== 'full' || command.name === 'plan') && (name !== 'release' || words.includes('deploy:rollback'))
  const all: readonly Candidate[] = [
    ...ofTasks.map(({ flag, schema }) => ({ word: flag, about: schema.meta()?.description })),
    ...own.flatMap(([row, about]) => declarations(row).flatMap(([name]) => (name.startsWith('--') ? [{ word: name, about }] : []))),
    ...takes.filter(fits).flatMap(globals),
    ...(words.length < 2 && command.afterStage ? [{ word: '--tasks', about: 'list the tasks' }] : []),
    ...ALWAYS.map(([row, about]) => ({ word: /--\w+/.exec(row)![0], about: about.split(';')[0] })),
  ]
  const once = new Map(all.map((one) => [one.word, one]))
  return [...once.values()].filter(
    ({ word }) => !typed.has(globalFlag(word)?.name === undefined ? word : `--${globalFlag(word)!.name}`) || REPEATED.includes(word),
  )
}

const globals = (name: OptionName): readonly Candidate[] => {
  const about = OPTIONS[name]?.[1] ?? MORE[name]
  return [{ word: `--${name}`, about }, ...(name === 'log' ? [{ word: '--no-log', about: 'write no log file' }] : [])]
}
