import type { Call } from '../shell/types.ts'
import { taskNameHint, looksLikeTask } from '../tasks/task-name-hints.ts'
import { usageError, type ShipitError } from '../values/errors.ts'
import { nearestStage, suggestion } from '../values/nearest.ts'
import { STAGE_COMMANDS } from '../values/reserved-words.ts'

/** First words that people type out of habit or from another tool, and what to type instead. */
const COMMAND_HINTS: Readonly<Record<string, string>> = {
  new: 'shipit init',
  generate: 'shipit init',
  install: 'there is nothing to install on servers; to start a config: shipit init',
  version: 'shipit --version',
  tasks: 'shipit --tasks',
  list: 'shipit --tasks',
}

/** Options of other tools, and what to type instead. */
const FLAG_HINTS: Readonly<Record<string, string>> = {
  '--trace': '--verbose shows everything that commands print; the log file, log/shipit.log, has every command with its output',
  '--debug': 'shipit STAGE plan TASK --full shows every command; --verbose shows everything that commands print',
  '-d': 'shipit STAGE plan TASK --full shows every command; --verbose shows everything that commands print',
  '--silent': '--quiet shows only the end, and errors; --output jsonl is for programs',
  '--force': '--yes answers whatever is asked; the lock of a run ends with its process, and shipit STAGE unlock ends a held one',
  '--no-interaction': '--yes asks nothing: it takes defaults, and says yes',
  '--stage': 'the stage is the first word: shipit STAGE TASK',
  '--env': 'the stage is the first word: shipit STAGE TASK',
  '-e': 'the stage is the first word: shipit STAGE TASK',
  '-s': '--set KEY=VALUE',
  '-S': '--set KEY=VALUE',
  '--tag': '--branch takes tags and commits too: --branch v1.2.3',
  '--revision': '--branch takes tags and commits too: --branch 4a5b6c7',
  '--commit': '--branch takes tags and commits too: --branch 4a5b6c7',
  '--ref': '--branch takes tags and commits too: --branch v1.2.3',
  '--rollback': 'shipit STAGE deploy:rollback',
  '--print-config-variables': 'shipit STAGE config shows the settings',
  '-p': 'shipit STAGE config shows the settings',
}

/** Variables that Capistrano accepts as words, and shipit's option for each. */
const VARIABLE_OPTIONS: Readonly<Record<string, string>> = {
  BRANCH: '--branch',
  REVISION: '--branch',
  TAG: '--branch',
  HOSTS: '--hosts',
  HOSTFILTER: '--hosts',
  ROLES: '--roles',
  ROLEFILTER: '--roles',
  ROLLBACK_RELEASE: '--release',
}

/** A hint for an option that shipit does not have; undefined if only the nearest name helps. */
export const flagHint = (flag: string): string | undefined => (Object.hasOwn(FLAG_HINTS, flag) ? FLAG_HINTS[flag] : undefined)

/** The error for `KEY=VALUE` among the words. */
export const assignmentError = (word: string): ShipitError | undefined => {
  const [, key, value] = /^([A-Za-z_][\w.[\]-]*)=(.*)$/s.exec(word) ?? []
  if (key === undefined || value === undefined) return undefined
  const option = Object.hasOwn(VARIABLE_OPTIONS, key) ? VARIABLE_OPTIONS[key] : undefined
  const hint =
    option !== undefined
      ? `${option} ${option === '--release' ? 'names the release for deploy:rollback' : `takes it: ${option} VALUE`}`
      : key === key.toUpperCase()
        ? `put an environment variable before the command, ${key}=… shipit STAGE TASK, and read it in the config with env('${key}')`
        : `--set ${key}=VALUE overrides a setting`
  // the value may be a secret
  return usageError(`${key}=… is neither a stage nor a task`, { hint })
}

interface TypedWords {
  readonly words: readonly string[]
  readonly shipit: Call
  readonly stages: readonly string[]
  /** of the config */
  readonly tasks: readonly string[]
}

/** What follows such a command, of the words that were typed. */
const commandWords = (command: string, words: readonly string[], isTask: (word: string) => boolean): readonly string[] => {
  if (['config', 'logs', 'ssh'].includes(command) || command.startsWith('linked:')) return words
  if (command === 'lock') return ['-m', 'REASON']
  if (command === 'exec') return words.length === 0 ? ['--', 'COMMAND'] : ['--', ...words]
  const tasks = words.filter(isTask)
  if (command === 'plan') return tasks.length === 0 ? ['deploy'] : tasks
  if (command === 'tree') return tasks.length === 0 ? ['deploy'] : tasks.slice(0, 1)
  return []
}

/** The error for a first word that is not a stage of the config. */
export const unknownStage = ({ words, shipit, stages, tasks }: TypedWords): ShipitError => {
  const [first = '', ...rest] = words
  const stageList = stages.length === 1 ? `the only stage is ${stages[0]}` : `the stages are ${stages.join(', ')}`
  const instead = unknownCommand(first, shipit)
  if (instead !== undefined) return instead
  if (['schema', 'types', 'demo'].includes(first) && rest.length > 0)
    return usageError(`${first} stands alone: it takes no "${rest[0]}"`, { hint: `shipit ${first}` })
  const exact = rest.findIndex((word) => stages.includes(word))
  const at = exact >= 0 ? exact : rest.findIndex((word) => !word.includes(':') && nearestStage(word, stages) !== undefined)
  const isTask = (word: string) => ['deploy', ...tasks].includes(word) || looksLikeTask(word)
  const isCommand = STAGE_COMMANDS.includes(first)
  if (isTask(first) || isCommand || (exact === 0 && rest.length === 1)) {
    const stage = (at < 0 ? undefined : nearestStage(rest[at]!, stages)) ?? stages[0] ?? 'STAGE'
    const others = at < 0 ? rest : rest.toSpliced(at, 1)
    // a word that is not a task was meant as a stage that the config does not have
    const words = [stage, first, ...(isCommand ? commandWords(first, others, isTask) : others.filter(isTask))]
    const instead = isCommand ? undefined : taskNameHint(first, (...words: readonly string[]) => shipit(stage, ...words), 'the config', [])
    return usageError(`"${first}" is not a stage: the stage comes first`, {
      hint: `${instead ?? shipit(...words)}${at < 0 ? `; ${stageList}` : ''}`,
    })
  }
  const several = first.split(',').map((name) => nearestStage(name, stages))
  if (several.length > 1 && several.every((name) => name !== undefined))
    return usageError(`"${first}" is ${several.length} stages, and a run is for one`, {
      hint: [...new Set(several)].map((name) => shipit(name, ...(rest.length > 0 ? rest : ['deploy']))).join(' && '),
    })
  return usageError(`unknown stage "${first}"${suggestion(nearestStage(first, stages))}`, { hint: stageList })
}

/** The error for a first word that is never a stage, such as `generate`. */
export const unknownCommand = (first: string, shipit: Call): ShipitError | undefined =>
  Object.hasOwn(COMMAND_HINTS, first)
    ? usageError(`there is no command ${first}`, {
        hint: COMMAND_HINTS[first]!.replace(/^shipit (--tasks)$/, (_, word: string) => shipit(word)),
      })
    : undefined
