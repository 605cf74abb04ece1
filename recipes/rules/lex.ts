export interface Token {
  /** `sign` is one of `< > : , ( )`; the text of a `quoted` has no quotes */
  readonly kind: 'word' | 'quoted' | 'sign' | 'end'
  readonly text: string
  readonly line: number
  /** in its line, from 1 */
  readonly column: number
}

/** A syntax error, and where it is. */
export interface Problem {
  readonly line: number
  readonly column: number
  /** what was expected there, in words */
  readonly expected: string
  /** what is there instead */
  readonly found: string
}

/** A word of Inspeqtor's language: certain characters of ASCII, and everything beyond Latin-1. */
export const WORD = /[A-Za-z0-9!$%&'*+\-/=?^_`{|}~.@\u0100-\u{10ffff}]+/uy
const QUOTED = /"([^"\u0000-\u001f]+)"/uy
const SIGN = /[<>:,()]/uy
/** A comment must end with a newline. */
const SPACE = /(?:[ \t\r\n]|#[^\n]*\n)*/uy

/** The tokens of a text; the last one is its `end`. Throws {@link syntaxError}. */
export const tokens = (text: string): readonly Token[] => {
  const all: Token[] = []
  let index = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = index
    return pattern.exec(text)
  }
  for (;;) {
    index += match(SPACE)![0].length
    const lines = text.slice(0, index).split('\n')
    const position = { line: lines.length, column: lines.at(-1)!.length + 1 }
    if (index === text.length) return [...all, { kind: 'end', text: '', ...position }]
    const [kind, token] =
      [['word', match(WORD)] as const, ['sign', match(SIGN)] as const, ['quoted', match(QUOTED)] as const].find(([, found]) => found) ?? []
    if (!kind || !token) throw syntaxError({ ...position, ...unreadable(text.slice(index)) })
    all.push({ kind, text: token[1] ?? token[0], ...position })
    index += token[0].length
  }
}

const unreadable = (rest: string): Pick<Problem, 'expected' | 'found'> => {
  if (rest.startsWith('#')) return { expected: 'a new line after the comment', found: 'the end' }
  if (rest.startsWith('""')) return { expected: 'a name between the quotes', found: 'nothing' }
  if (rest.startsWith('"')) return { expected: 'a closing quote on this line', found: 'none' }
  return { expected: 'a character that Inspeqtor reads', found: JSON.stringify(String.fromCodePoint(rest.codePointAt(0)!)) }
}

/** Wraps a problem, for the parser to throw. */
export const syntaxError = (problem: Problem): Error => Object.assign(new Error(), { problem })
