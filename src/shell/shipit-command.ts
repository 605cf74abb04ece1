import { quoteBin } from './quote.ts'
import { bin, toText } from './bytes.ts'
import type { Call } from './types.ts'

/** The part of this command line that a printed command repeats. */
export interface RunOptions {
  readonly words: readonly string[]
  readonly config: string | undefined
  readonly set: readonly string[]
  /** `NAME=VALUE`: answers to questions */
  readonly answer: readonly string[]
  readonly branch: string | undefined
  readonly hosts: string | undefined
  readonly roles: string | undefined
}

/** A command line without options. */
export const NO_OPTIONS: RunOptions = {
  words: [],
  config: undefined,
  set: [],
  answer: [],
  branch: undefined,
  hosts: undefined,
  roles: undefined,
}

/**
 * Makes every command that shipit prints for you to type. It repeats the options of this run: the config, the settings, the answers, and for
 * a deploy the branch. It does not repeat a setting that `words` sets. It repeats `--hosts` and `--roles` too, but for a deploy only if this
 * run is one: otherwise the other hosts would be left on another release. It never does for `unlock`. `--hosts` among `words` replaces both.
 * All of them come before a `--` among the words. `hides`: whether the value of a setting, an answer or
 * an option is, or may be, a secret. It becomes a shell variable then, and the shell refuses the command if that variable is not set.
 */
export const commandMaker =
  (options: RunOptions, hides: (text: string) => boolean): Call =>
  (...given) => {
    const end = given.indexOf('--')
    const [words, rest] = end < 0 ? [given, []] : [given.slice(0, end), given.slice(end)]
    return ['shipit', ...words.map((word) => shownWord(word, hides)), ...repeated(options, words, hides), ...rest.map(printedWord)].join(
      ' ',
    )
  }

/** An option of a task may have a secret as its value. */
const shownWord = (text: string, hides: (text: string) => boolean): string =>
  /^--[\w-]+=/.test(text) && hides(text) ? hidden(text) : printedWord(text)

/** The options that a command repeats, after these words. */
const repeated = (options: RunOptions, words: readonly string[], hides: (text: string) => boolean): readonly string[] => {
  const all: string[] = []
  if (options.config !== undefined) all.push('-f', printedWord(options.config))
  // neither resolves a stage
  if (words.includes('--tasks') || words.includes('--help')) return all
  const overridden = new Set(words.flatMap((one, i) => (words[i - 1] === '--set' ? keyOf(one) : [])))
  for (const set of options.set) if (!overridden.has(keyOf(set))) all.push('--set', hides(set) ? hidden(set) : printedWord(set))
  if (!words.slice(0, 2).some((one) => ASKS_NOTHING.includes(one)))
    for (const answer of options.answer) all.push('--answer', hides(answer) ? hidden(answer) : printedWord(answer))
  const deploys = words.includes('deploy')
  if (deploys && options.branch !== undefined) all.push('--branch', printedWord(options.branch))
  if (deploys && !options.words.includes('deploy')) return all
  // a lock is held on all hosts
  if (words.includes('unlock')) return all
  // these hosts have passed the filters
  if (words.includes('--hosts')) return all
  if (options.hosts !== undefined) all.push('--hosts', printedWord(options.hosts))
  if (options.roles !== undefined) all.push('--roles', printedWord(options.roles))
  return all
}

/** Commands that take no answers: `shipit STAGE config`. */
const ASKS_NOTHING: readonly string[] = ['check', 'config', 'tree']

const keyOf = (set: string): string => set.slice(0, set.indexOf('='))

/** `--set vars.token="${TOKEN:?}"`: if the variable is not set, the shell reports that and runs nothing. */
const hidden = (set: string): string => {
  const key = keyOf(set)
  const name = (/[\w-]+(?=[^\w-]*$)/.exec(key.replace(/^--/, ''))?.[0] ?? 'value').replaceAll(/([a-z])(?=[A-Z])|-/g, '$1_').toUpperCase()
  return `${printedWord(`${key}=`)}"\${${/^\d/.test(name) ? '_' : ''}${name}:?}"`
}

/** A word of a command that is printed. After the first word `=` is harmless, except before a tilde, which bash expands. */
export const printedWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : toText(quoteBin(bin(text))))
