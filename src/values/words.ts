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

/** Why a task cannot have this name; undefined if it can. */
export const badTaskName = (name: string): string | undefined => {
  if (STAGE_WORDS.includes(name)) return `"${name}" is a command of shipit: call the task something else`
  if (name.startsWith('-')) return `"${name}" would be an option: a task's name begins with no dash`
  return name.startsWith('|') ? `"${name}" would be a barrier: a task's name begins with no "|"` : undefined
}
