import type { BaseContext, StepsContext } from '../../index.ts'

type Use = Pick<BaseContext, 'application' | 'stage' | 'usedAs'>
type Words = readonly string[]

/**
 * The file in /etc/sudoers.d for one use of a recipe, or for a part of it. sudo skips files with a dot in their names, and uses the last
 * rule that matches, in the order of the file names (sudoers(5)), hence `zz`: `deploy ALL=(ALL) ALL` in a file `deploy` would ask for a
 * password.
 */
export const sudoersFile = ({ application, stage, usedAs }: Use, part?: string): string =>
  ['zz', application, stage, usedAs, ...(part === undefined ? [] : [part])].join('_').replaceAll(/[^\w-]/g, '_')

/** What an account may run through sudo without a password. */
export interface SudoRights {
  /** the words of each command; the first is a full path */
  readonly commands: readonly Words[]
  /** the account that runs them; default: root */
  readonly as?: string
  /** what they are for, after "may not"; default: `do this` */
  readonly may?: string
  /** the part of the recipe that needs them, if each part has a file of its own */
  readonly part?: string | undefined
}

/** The remedy if sudo refuses: one rule for these commands and nothing else, in a file for this use of the recipe. */
export const sudoersRemedy = (
  c: Use & { readonly layout: Pick<StepsContext['layout'], 'user'> },
  { commands, as = 'root', may = 'do this', part }: SudoRights,
): string => {
  const user = c.layout.user || 'deploy'
  return `${user} may not ${may} through sudo without a password. As root: visudo -f /etc/sudoers.d/${sudoersFile(c, part)}, and add the line\n${sudoersLine(user, as, commands)}`
}

/** The line for sudoers(5) that allows an account these commands, and nothing else. A bare command would allow any arguments, hence `""`. */
export const sudoersLine = (user: string, as: string, commands: readonly Words[]): string => {
  const all = commands.map((words) => (words.length === 1 ? `${sudoersWord(words[0]!)} ""` : words.map(sudoersWord).join(' ')))
  return `${sudoersWord(user)} ALL=(${sudoersWord(as)}) NOPASSWD: ${all.join(', ')}`
}

/** Escapes characters that are special in sudoers (sudoers(5)). A backslash is read twice: by its parser, and as a wildcard's escape. */
export const sudoersWord = (word: string): string => word.replaceAll('\\', '\\\\').replaceAll(/[\\,:=]/g, '\\$&')
