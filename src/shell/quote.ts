import { isPath } from '../values/path.ts'
import type { Path } from '../values/path.ts'
import { isSecretText, maskedText, reveal } from '../values/secret.ts'
import type { Secret } from '../values/secret.ts'
import { bin, toBuffer } from './bytes.ts'
import type { Bin } from './bytes.ts'

export type Secrets = 'reveal' | 'mask'

/**
 * Quotes one word for a POSIX shell, so that it arrives as exactly these bytes. Harmless words stay bare.
 * Throws a ShipitError on NUL.
 */
export const quote = (word: string | number | Uint8Array | Path): Buffer =>
  toBuffer(isPath(word) ? pathBin(word) : quoteBin(bin(typeof word === 'number' ? String(word) : word)))

/**
 * `glued`: the word touches other text, where a word that is harmless alone may not be: `{${'a,b'}}` is a brace expansion in bash and
 * `${2}>file` a redirection. So only the plainest words stay bare. `always` quotes every word.
 */
export const quoteBin = (word: Bin, glue: 'alone' | 'glued' | 'always' = 'alone'): Bin => {
  if (glue !== 'always' && BARE[glue].test(word) && !RESERVED.has(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/**
 * Quotes one word with backslashes alone, for a command in a line that another program reads first and looks for quotes in, as ssh does with
 * `ProxyCommand`. Such a command can be nested: every level doubles the backslashes, and no quote is ever open.
 */
export const backslashed = (word: string): string => (word === '' ? "''" : word.replaceAll(/[^\w@%+=:,./\u0080-\uffff-]/g, '\\$&'))

/** A path. A leading `~/` is the home of the account that runs the command; everything else is literal. */
export const pathBin = (path: Path | string, glue: 'alone' | 'glued' | 'always' = 'alone'): Bin => {
  const text = bin(path.toString())
  if (text === '~') return '"$HOME"'
  if (!text.startsWith('~/')) return quoteBin(text, glue)
  const rest = text.slice(2)
  return rest === '' ? '"$HOME"/' : `"$HOME"/${quoteBin(rest, 'glued')}`
}

/** A secret as a word. A text with secrets in it is always quoted, so that a plan shows it as it is sent except for the secrets. */
export const secretBin = (word: Secret, secrets: Secrets, how: 'alone' | 'glued' | 'always' = 'alone'): Bin => {
  const shown = secrets === 'mask' ? maskedText(word) : reveal(word)
  if (isSecretText(word)) return quoteBin(bin(shown), 'always')
  return secrets === 'mask' ? shown : quoteBin(bin(shown), how)
}

// `=` only after a dash: `A=b` where a command is expected would be an assignment, and bash takes `A+=b` too
const BARE = { alone: /^(?:[\w@%+:,./-]+|-[\w@%+:,./=-]+)$/, glued: /^[\w@%+:/.-]+$/ }

/** Reserved words where a command is expected (POSIX 2.4 and those of bash). */
const RESERVED = new Set('case do done elif else esac fi for if in then until while function select time coproc'.split(' '))
