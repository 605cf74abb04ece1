/** A line of bash, up to the cursor. */
export interface BashLine {
  /** the words after the command, without quotes; the last one is at the cursor, and may be empty */
  readonly words: readonly string[]
  /** What takes the place of bash's own word at the cursor, quoted as that word is; undefined if the word cannot be made of it. */
  insert(word: string): string | undefined
}

type Quote = '' | "'" | '"'

/**
 * Reads a line as bash does, except that nothing in it is evaluated: undefined if a word at or before the cursor needs that (`$HOME`,
 * `~/x`, a backtick), or if the cursor is after a redirection. Where readline begins the word that it replaces is in rl_find_completion_word
 * (lib/readline/complete.c): at an open quote, otherwise after the last character of COMP_WORDBREAKS that is not quoted.
 */
export const readBashLine = (breaks: string, line: string): BashLine | undefined => {
  const words: string[] = []
  let word: string | undefined
  let quote: Quote = ''
  /** the part of the word that readline keeps */
  let kept = ''
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!
    if (quote !== "'" && /[$`]/.test(char)) return undefined
    if (quote === '') {
      if (/[<>|&;()\n]/.test(char) || (char === '~' && word === undefined)) return undefined
      if (/[ \t]/.test(char)) {
        if (word !== undefined) words.push(word)
        word = undefined
        kept = ''
        continue
      }
    }
    const escapes = char === '\\' && (quote === '' || (quote === '"' && /["\\$`]/.test(line[i + 1] ?? '"')))
    if (escapes) word = (word ?? '') + (line[++i] ?? '')
    else if (char === quote || (quote === '' && /["']/.test(char))) {
      quote = quote === '' ? (char as Quote) : ''
      word ??= ''
      kept = word
    } else {
      word = (word ?? '') + char
      if (quote === '' && breaks.includes(char)) kept = word
    }
  }
  const at = word ?? ''
  return {
    // the first one is the command
    words: [...words.slice(1), at],
    insert: (whole) => (whole.startsWith(at) && whole.startsWith(kept) ? quoted(whole.slice(kept.length), quote) : undefined),
  }
}

const quoted = (text: string, quote: Quote): string => {
  if (quote === "'") return text.replaceAll("'", `'\\''`)
  // history expansion has no escape between double quotes
  if (quote === '"') return text.replace(/["\\$`]/g, '\\$&').replaceAll('!', `"'!'"`)
  return text.replace(/[^\w%+,./:=@^\u0080-\uffff-]|^[#~]/g, '\\$&')
}
