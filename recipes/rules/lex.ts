export interface Token {
  /** `sign` is one of `< > : , ( )`; the text of a `quoted` has no quotes */
  readonly kind: 'word' | 'quoted' | 'sign' | 'end'
  readonly text: string
  readonly line: number
  /** in its line, from 1 */
  readonly column: number
}

/** What is wrong in a text, and where. */
export interface Problem {
  readonly line: number
  readonly column: number
  /** what was expected there, in words */
  readonly expected: string
  /** what is there */
  readonly found: string
}

/** A word of Inspeqtor's language. Its letters are those of ASCII, or beyond Latin-1. */
export const WORD = /[A-Za-z0-9!$%&'*+\-/=?^_`{|}~.@\u0100-\u{10ffff}]+/uy

/** The words and signs of a text. Throws {@link syntax}. A comment must end with a newline. */
export const tokens = (text: string): readonly Token[] => {
  const found: Token[] = []
  let line = 1
  let start = 0
  let at = 0
  const here = () => ({ line, column: at - start + 1 })
  while (at < text.length) {
    const sign = text[at]!
    if (sign === '\n') {
      at++
      line++
      start = at
    } else if (/[ \t\r]/.test(sign)) at++
    else if (sign === '#') {
      const end = text.indexOf('\n', at)
      if (end < 0) throw syntax({ ...here(), expected: 'a new line after the comment', found: 'the end' })
      at = end
    } else if (sign === '"') {
      const end = text.indexOf('"', at + 1)
      const inside = text.slice(at + 1, end)
      if (end < 0 || /[\u0000-\u001f]/.test(inside)) throw syntax({ ...here(), expected: 'a closing quote on this line', found: 'none' })
      if (inside === '') throw syntax({ ...here(), expected: 'a name between the quotes', found: 'nothing' })
      found.push({ kind: 'quoted', text: inside, ...here() })
      at = end + 1
    } else if (/[<>:,()]/.test(sign)) {
      found.push({ kind: 'sign', text: sign, ...here() })
      at++
    } else {
      WORD.lastIndex = at
      const [word] = WORD.exec(text) ?? []
      if (word === undefined) {
        const odd = JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))
        throw syntax({ ...here(), expected: 'a sign that Inspeqtor reads', found: odd })
      }
      found.push({ kind: 'word', text: word, ...here() })
      at += word.length
    }
  }
  found.push({ kind: 'end', text: '', ...here() })
  return found
}

/** Wraps a problem, for the parser to throw. */
export const syntax = (problem: Problem): Error => Object.assign(new Error(), { problem })
