import { quoteBin } from './quote.ts'
import { bin, toText } from './bytes.ts'
import type { Call } from './types.ts'

/** The part of a run's command line that the next command needs again. */
export interface Given {
  readonly words: readonly string[]
  readonly config: string | undefined
  readonly set: readonly string[]
  readonly branch: string | undefined
  readonly hosts: string | undefined
  readonly roles: string | undefined
}

/** An empty command line. */
export const NOTHING: Given = { words: [], config: undefined, set: [], branch: undefined, hosts: undefined, roles: undefined }

/**
 * Makes every command that shipit prints for you to type. It repeats the options of this run: the config, the settings, and for a deploy
 * the branch. A setting that `words` sets already is not repeated. `--hosts` and `--roles` stay, except on a deploy that this run did not
 * ask for: it would leave the other hosts on another release. `hides`: whether a text has a secret in it. Such a value becomes a shell
 * variable, and the shell refuses the command if that variable is not set.
 */
export const callWith =
  (given: Given, hides: (text: string) => boolean): Call =>
  (...words) => {
    const all = ['shipit', ...words].map(word)
    if (given.config !== undefined) all.push('-f', word(given.config))
    // these do not resolve a stage
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

/** `--set vars.token="${TOKEN:?}"`: if the variable is not set, the shell reports that and runs nothing. */
const hidden = (set: string): string => {
  const key = keyOf(set)
  const name = (/[\w-]+(?=[^\w-]*$)/.exec(key)?.[0] ?? 'value').replaceAll(/([a-z])(?=[A-Z])|-/g, '$1_').toUpperCase()
  return `${word(`${key}=`)}"\${${/^\d/.test(name) ? '_' : ''}${name}:?}"`
}

/** After the first word `=` is harmless, except before a tilde, which bash expands. */
const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : toText(quoteBin(bin(text))))
