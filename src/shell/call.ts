import { quoteBin } from './quote.ts'
import { bin, toText } from './bytes.ts'
import type { Call } from './types.ts'

/** What a run was given on its command line, as far as the next command needs it again. */
export interface Given {
  readonly words: readonly string[]
  readonly config: string | undefined
  readonly set: readonly string[]
  readonly branch: string | undefined
  readonly hosts: string | undefined
  readonly roles: string | undefined
}

/** A run that was given nothing. */
export const NOTHING: Given = { words: [], config: undefined, set: [], branch: undefined, hosts: undefined, roles: undefined }

/**
 * The one maker of commands that are printed for people to type. They carry what this run was given: another config, settings, and of a
 * deploy the branch. What the words set themselves is not set a second time. The hosts that the run was limited to stay, except of a deploy
 * that was not asked for: on one host alone that would part it from the others. `hides`: whether a text has a secret in it; such a value is
 * left to a variable of the shell, which refuses the command while that is not set.
 */
export const callWith =
  (given: Given, hides: (text: string) => boolean): Call =>
  (...words) => {
    const all = ['shipit', ...words].map(word)
    if (given.config !== undefined) all.push('-f', word(given.config))
    // these resolve no stage
    if (words.includes('--tasks') || words.includes('--help')) return all.join(' ')
    const ours = new Set(words.flatMap((one, i) => (words[i - 1] === '--set' ? keyOf(one) : [])))
    for (const set of given.set) if (!ours.has(keyOf(set))) all.push('--set', hides(set) ? hidden(set) : word(set))
    const deploys = words.includes('deploy')
    if (deploys && given.branch !== undefined) all.push('--branch', word(given.branch))
    if (deploys && !given.words.includes('deploy')) return all.join(' ')
    if (given.hosts !== undefined) all.push('--hosts', word(given.hosts))
    if (given.roles !== undefined) all.push('--roles', word(given.roles))
    return all.join(' ')
  }

const keyOf = (set: string): string => set.slice(0, set.indexOf('='))

/** `--set vars.token="${TOKEN:?}"`: a shell says that the variable is not set, and runs nothing. */
const hidden = (set: string): string => {
  const key = keyOf(set)
  const name = (/[\w-]+(?=[^\w-]*$)/.exec(key)?.[0] ?? 'value').replaceAll(/([a-z])(?=[A-Z])|-/g, '$1_').toUpperCase()
  return `${word(`${key}=`)}"\${${/^\d/.test(name) ? '_' : ''}${name}:?}"`
}

/** Behind the first word `=` is harmless, but not with a tilde behind it, which bash expands. */
const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : toText(quoteBin(bin(text))))
