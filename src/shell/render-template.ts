import type { Path } from '../values/path.ts'
import { isPath } from '../values/path.ts'
import { isSecret } from '../values/secret.ts'
import { bin } from './bytes.ts'
import type { Bin } from './bytes.ts'
import type { Secrets } from './quote.ts'
import { pieces } from './flatten-template.ts'
import type { Datum, Piece } from './flatten-template.ts'
import { pathBin, quoteBin, secretBin } from './quote.ts'
import type { Part } from './types.ts'

/** The text of a command, with every interpolation quoted as the text around it requires. */
export const textBin = (parts: readonly Part[], secrets: Secrets): Bin => piecesBin(pieces(parts), secrets)

const piecesBin = (list: readonly Piece[], secrets: Secrets): Bin => {
  let out = ''
  list.forEach((piece, i) => {
    if ('text' in piece) out += bin(piece.text)
    else if ('word' in piece) out += wordBin(piece.word, glue(out, list[i + 1]), secrets)
  })
  return out
}

/** Throws a ShipitError for a word or a text that no shell can take. */
export const checkWords = (list: readonly Piece[]): void => {
  for (const piece of list) 'text' in piece ? bin(piece.text) : wordBin(piece.word, 'always', 'reveal')
}

const wordBin = (word: Datum, how: 'alone' | 'glued' | 'always', secrets: Secrets): Bin => {
  if (isPath(word)) return pathBin(word as Path, how)
  if (isSecret(word)) return secretBin(word, secrets, how)
  return quoteBin(bin(typeof word === 'number' ? String(word) : (word as string | Uint8Array)), how)
}

/** The shell may join a word with text that it touches: `[` and `{` begin patterns, digits before `<` and `>` name a descriptor. */
const glue = (before: Bin, next: Piece | undefined): 'alone' | 'glued' | 'always' => {
  const head = lastWord(before)
  const tail = next === undefined ? '' : 'text' in next ? (next.text[0] ?? '') : 'x'
  if (/[[{]/.test(head) || tail === '<' || tail === '>') return 'always'
  return head === '' && (tail === '' || /[\s;&|()]/.test(tail)) ? 'alone' : 'glued'
}

/** By the code of each character of a {@link Bin}: whether it separates words. */
const SEPARATES = Array.from({ length: 256 }, (_, code) => /[\s;&|()<>]/.test(String.fromCharCode(code)))

/** The text after the last word separator. Reads from the end, because a pattern with `$` would be tried at each place of a long text. */
const lastWord = (text: string): string => {
  let from = text.length
  while (from > 0 && !SEPARATES[text.charCodeAt(from - 1)]) from--
  return text.slice(from)
}
