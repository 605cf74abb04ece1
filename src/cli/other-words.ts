import type { Call } from '../shell/types.ts'
import { otherName, soundsLikeTask } from '../tasks/other-names.ts'
import { usageError, type ShipitError } from '../values/errors.ts'
import { nearestStage, orMeant } from '../values/nearest.ts'

/** First words that people type out of habit or from another tool, and what to type instead. EXAMPLE is the path of the example config. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  init: 'start from the example: cp EXAMPLE deploy.config.ts',
  new: 'start from the example: cp EXAMPLE deploy.config.ts',
  generate: 'start from the example: cp EXAMPLE deploy.config.ts',
  install: 'nothing is installed on servers; for a config start from the example: cp EXAMPLE deploy.config.ts',
  version: 'shipit --version',
  tasks: 'shipit --tasks',
  list: 'shipit --tasks',
}

/** Options of other tools, and what to type instead. */
const OTHER_FLAGS: Readonly<Record<string, string>> = {
  '--trace': '--verbose shows everything that commands print; the log file, log/shipit.log, has every command with its output',
  '--debug': 'shipit STAGE plan TASK --full shows every command; --verbose shows everything that commands print',
  '-d': 'shipit STAGE plan TASK --full shows every command; --verbose shows everything that commands print',
  '--quiet': '--output jsonl is for programs; nothing makes shipit silent',
  '-q': '--output jsonl is for programs; nothing makes shipit silent',
  '--silent': '--output jsonl is for programs; nothing makes shipit silent',
  '--force': 'leave it out: shipit asks no questions, and the lock ends with the process that holds it',
  '--yes': 'leave it out: shipit asks no questions',
  '-y': 'leave it out: shipit asks no questions',
  '--no-interaction': 'leave it out: shipit asks no questions',
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
  '--print-config-variables': 'shipit STAGE plan TASK --full shows what the settings lead to',
  '-p': 'shipit STAGE plan TASK --full shows what the settings lead to',
}

/** Variables that Capistrano accepts as words, and shipit's option for each. */
const VARIABLES: Readonly<Record<string, string>> = {
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
export const otherFlag = (flag: string): string | undefined => (Object.hasOwn(OTHER_FLAGS, flag) ? OTHER_FLAGS[flag] : undefined)

/** The error for `KEY=VALUE` among the words. */
export const assignment = (word: string): ShipitError | undefined => {
  const [, key, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? []
  if (key === undefined || value === undefined) return undefined
  const option = Object.hasOwn(VARIABLES, key) ? VARIABLES[key] : undefined
  const hint =
    option !== undefined
      ? `${option} ${option === '--release' ? 'names the release of deploy:rollback' : `takes it: ${option} VALUE`}`
      : key === key.toUpperCase()
        ? `put an environment variable before the command, ${key}=… shipit STAGE TASK, and read it in the config with env('${key}')`
        : `--set ${key}=VALUE overrides a setting`
  // the value may be a secret
  return usageError(`${key}=… is neither a stage nor a task`, { hint })
}

interface Typed {
  readonly words: readonly string[]
  readonly shipit: Call
  readonly stages: readonly string[]
  /** of the config */
  readonly tasks: readonly string[]
  readonly example: string
}

/** The error for a first word that is not a stage of the config. */
export const noStage = ({ words, shipit, stages, tasks, example }: Typed): ShipitError => {
  const [first = '', ...rest] = words
  const known = stages.length === 1 ? `the only stage is ${stages[0]}` : `the stages are ${stages.join(', ')}`
  const instead = firstWord(first, example, shipit)
  if (instead !== undefined) return instead
  const exact = rest.findIndex((word) => stages.includes(word))
  const at = exact >= 0 ? exact : rest.findIndex((word) => !word.includes(':') && nearestStage(word, stages) !== undefined)
  const isTask = (word: string) => ['deploy', ...tasks].includes(word) || soundsLikeTask(word)
  if (isTask(first) || first === 'plan' || first === 'doctor' || (exact === 0 && rest.length === 1)) {
    const stage = (at < 0 ? undefined : nearestStage(rest[at]!, stages)) ?? stages[0] ?? 'STAGE'
    // a word that is not a task was meant as a stage that the config does not have
    const others = (at < 0 ? rest : rest.toSpliced(at, 1)).filter(isTask)
    const words = [stage, first, ...(first === 'doctor' ? [] : first === 'plan' && others.length === 0 ? ['deploy'] : others)]
    const instead = otherName(first, (...words: readonly string[]) => shipit(stage, ...words), 'the config', [])
    return usageError(`"${first}" is not a stage: the stage comes first`, {
      hint: `${instead ?? shipit(...words)}${at < 0 ? `; ${known}` : ''}`,
    })
  }
  const several = first.split(',').map((name) => nearestStage(name, stages))
  if (several.length > 1 && several.every((name) => name !== undefined))
    return usageError(`"${first}" is ${several.length} stages: a run is for one`, {
      hint: [...new Set(several)].map((name) => shipit(name, ...(rest.length > 0 ? rest : ['deploy']))).join(' && '),
    })
  return usageError(`unknown stage "${first}"${orMeant(nearestStage(first, stages))}`, { hint: known })
}

/** The error for a first word that is never a stage, such as `init`. */
export const firstWord = (first: string, example: string, shipit: Call): ShipitError | undefined =>
  Object.hasOwn(OTHER_WORDS, first)
    ? usageError(`"${first}" is not a stage`, {
        hint: OTHER_WORDS[first]!.replace('EXAMPLE', example).replace(/^shipit (--tasks)$/, (_, word: string) => shipit(word)),
      })
    : undefined
