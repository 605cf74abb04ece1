/** Words that `shipit WORD …` reserves, now or for later. A stage cannot have one as its name. */
export const FIRST_WORDS: readonly string[] = [
  'plan',
  'init',
  'help',
  'version',
  'doctor',
  'deploy',
  'check',
  'apply',
  'completion',
  'types',
]

/** Words that `shipit STAGE WORD` reserves, now or for later. A task of that name could not be run. */
export const STAGE_WORDS: readonly string[] = ['plan', 'doctor', 'check', 'apply', 'help']

/** Commands after a stage that a task of that name replaces, since configs had such tasks before there were these commands. */
export const MAY_BE_TASKS: readonly string[] = [
  'config',
  'tree',
  'status',
  'releases',
  'pending',
  'ssh',
  'exec',
  'logs',
  'linked:push',
  'linked:pull',
  'linked:diff',
  'lock',
  'unlock',
]

/** What `shipit STAGE WORD` can be, beside a task. */
export const STAGE_COMMANDS: readonly string[] = ['plan', 'doctor', 'check', ...MAY_BE_TASKS]

/** Why a task cannot have this name; undefined if it can. */
export const taskNameProblem = (name: string): string | undefined => {
  if (STAGE_WORDS.includes(name)) return `"${name}" is a command of shipit: call the task something else`
  if (name.startsWith('-')) return `"${name}" would be an option: a task's name cannot begin with a dash`
  return name.startsWith('|') ? `"${name}" would be a barrier: a task's name cannot begin with "|"` : undefined
}
