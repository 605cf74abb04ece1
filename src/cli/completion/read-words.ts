import { globalFlag } from '../global-options.ts'

/** An option as far as reading a command line needs it. */
export interface Flag {
  /** its long name, `--hosts` */
  readonly flag: string
  readonly takesValue: boolean
}

/** The words before the cursor, understood. */
export interface ReadWords {
  /** without options and their values */
  readonly words: readonly string[]
  /** the long names of the options that were typed */
  readonly typed: ReadonlySet<string>
  /** the option whose value the word at the cursor is */
  readonly awaiting: string | undefined
  /** `--` was typed: what follows is not for shipit */
  readonly ended: boolean
}

/** Reads words, any of which may be wrong. `own`: an option that is not shipit's, after the words so far. */
export const readWords = (given: readonly string[], own: (flag: string, words: readonly string[]) => Flag | undefined): ReadWords => {
  const words: string[] = []
  const typed = new Set<string>()
  let awaiting: string | undefined
  for (const word of given) {
    if (awaiting !== undefined) awaiting = undefined
    else if (word === '--') return { words, typed, awaiting, ended: true }
    else if (!/^-./.test(word)) words.push(word)
    else
      for (const option of optionsIn(word)) {
        const found = globalFlag(option)
        const flag = found ? { flag: `--${found.name}`, takesValue: found.takesValue } : own(option.split('=', 1)[0]!, words)
        if (flag === undefined) continue
        typed.add(flag.flag)
        if (!flag.takesValue) continue
        // a value in the same word: --hosts=a1, -za1
        if (!option.includes('=') && word.endsWith(option.slice(1))) awaiting = flag.flag
        break
      }
  }
  return { words, typed, awaiting, ended: false }
}

/** `-vn` is two options. */
const optionsIn = (word: string): readonly string[] =>
  word.startsWith('--') ? [word] : Array.from(word.slice(1), (letter) => `-${letter}`)

/** The value of `--config`, in any of its forms; undefined if none was typed before the cursor. */
export const configTyped = (given: readonly string[]): string | undefined => {
  const words = given.slice(0, -1)
  const end = words.indexOf('--')
  const before = end < 0 ? words : words.slice(0, end)
  for (const [i, word] of before.entries()) {
    if (word === '--config' || word === '-f') return before[i + 1]
    const inline = /^(?:--config=|-f)(.+)$/s.exec(word)
    if (inline) return inline[1]
  }
  return undefined
}
