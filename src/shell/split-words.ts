import { usageError } from '../values/errors.ts'

/**
 * Splits a setting into words as a shell would (blanks, both quotes, backslashes) and expands nothing: `$HOME` and `*` stay as they are.
 * Returns a list unchanged. Throws a ShipitError on an open quote.
 */
export const words = (text: string | readonly string[]): readonly string[] => {
  if (typeof text !== 'string') return text
  for (const [token] of text.matchAll(TOKEN)) {
    if (/^['"\\]/.test(token) && token.length === 1)
      throw usageError(`an open quote in ${JSON.stringify(text)}`, { hint: 'close it, or put a backslash before it' })
  }
  return Array.from(text.matchAll(WORD), ([word]) => word.replace(TOKEN, unquote))
}

const TOKEN = /\\[^]|'[^']*'|"(?:\\[^]|[^"\\])*"|[^\s'"\\]+|['"\\]|\s+/g
const WORD = /(?:\\[^]|'[^']*'|"(?:\\[^]|[^"\\])*"|[^\s'"\\])+/g

/** POSIX 2.2: within double quotes a backslash is special only before `$`, a backtick, `"`, itself and a newline. */
const unquote = (token: string): string => {
  if (token.startsWith('\\')) return token === '\\\n' ? '' : token.slice(1)
  if (token.startsWith("'")) return token.slice(1, -1)
  if (token.startsWith('"')) return token.slice(1, -1).replace(/\\([$`"\\])|\\\n/g, '$1')
  return token
}
