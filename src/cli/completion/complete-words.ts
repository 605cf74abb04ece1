import { MAY_BE_TASKS } from '../../values/reserved-words.ts'
import type { Command, CommandTable } from '../command.ts'
import type { ListedTask } from '../commands/tasks.ts'
import { CORE_TASKS, type Choices } from './load-choices.ts'
import { flagsAt, ownFlag } from './options-at.ts'
import type { Candidate, Place } from './place.ts'
import { readWords } from './read-words.ts'
import { SHELLS } from './shells.ts'
import { FILES, valuesOf } from './values-of.ts'

/** The words that fit at the cursor, which is at the end of the last of `given`; or files, which the shell knows. */
export const completeWords = (
  given: readonly string[],
  table: CommandTable,
  choices: Choices | undefined,
): readonly Candidate[] | typeof FILES => {
  const current = given.at(-1) ?? ''
  const at = (words: readonly string[], tasks = false) => ({ ...commandAt(words, tasks, table, choices), choices, table })
  const read = readWords(given.slice(0, -1), (flag, words) => ownFlag(flag, at(words), words))
  if (read.ended) return []
  const place: Place = { ...read, ...at(read.words, read.typed.has('--tasks')) }
  const inline = /^(--[\w-]+)=(.*)$/s.exec(current)
  if (read.awaiting !== undefined) return valuesOf(read.awaiting, current, place)
  if (inline) {
    const [, flag = '', value = ''] = inline
    const values = valuesOf(flag, value, place)
    return values === FILES ? FILES : values.map(({ word, about }) => ({ word: `${flag}=${word}`, about }))
  }
  return (current.startsWith('-') ? flagsAt(place) : wordsAt(place, current)).filter(({ word }) => word.startsWith(current))
}

const commandAt = (words: readonly string[], list: boolean, table: CommandTable, choices: Choices | undefined) => {
  const [stage, second = ''] = words
  const tasks = stage === undefined ? CORE_TASKS : (choices?.tasks(stage) ?? CORE_TASKS)
  const command = table.commandOf({ words, tasks: list })
  return { command: MAY_BE_TASKS.includes(command.name) && tasks.has(second) ? table.commands[0]! : command, tasks }
}

const named = (one: Command): Candidate => ({ word: one.name, about: one.help[0]?.[1] })
const plain = (word: string): Candidate => ({ word })

const wordsAt = (place: Place, current: string): readonly Candidate[] => {
  const { words, choices, typed, command, tasks, table } = place
  const { commands } = table
  const [first, second, ...rest] = words
  const stages = (choices?.stages ?? []).map((word) => ({ word, about: 'a stage' }))
  if (typed.has('--tasks')) return first === undefined ? stages : []
  if (first === undefined)
    return [...stages, ...commands.filter(({ alone }) => alone).map(named), { word: 'help', about: 'explain a command' }]
  if (first === 'help') return second === undefined ? commands.filter(({ name }) => /^\w/.test(name)).map(named) : []
  if (first === 'completion') return second === undefined ? SHELLS.map(plain) : []
  if (choices ? !choices.stages.includes(first) : commands.some(({ alone, name }) => alone && name === first)) return []
  const runnable = tasksFor(tasks, current, words.slice(1))
  if (second === undefined) {
    const others = commands.filter(({ afterStage, name }) => afterStage && name !== '' && !tasks.has(name))
    return [...runnable, ...others.map(named)]
  }
  if (command.name === '' || command.name === 'plan') return runnable
  if (command.name === 'tree') return rest.length === 0 ? runnable : []
  if (command.name === 'config') return (choices?.settings(first) ?? []).filter((key) => !rest.includes(key)).map(plain)
  if (command.name.startsWith('linked:')) return (choices?.linked(first) ?? []).filter((path) => !rest.includes(path)).map(plain)
  if (command.name === 'ssh') return rest.length === 0 ? (choices?.hosts(first) ?? []).map(plain) : []
  return []
}

/** The tasks that `--tasks` lists, but those that were typed; tasks without a description if no other begins like this. */
const tasksFor = (tasks: ReadonlyMap<string, ListedTask>, current: string, typed: readonly string[]): readonly Candidate[] => {
  const all = [...tasks].filter(([name, { part }]) => !part && name.startsWith(current) && !typed.includes(name))
  const described = all.filter(([, { task }]) => task.description !== undefined)
  return (described.length > 0 ? described : all).map(([word, { task }]) => ({ word, about: task.description }))
}
