import type { Path } from '../values/path.ts'
import { isPath } from '../values/path.ts'
import { isSecret } from '../values/secret.ts'
import { bin } from './bytes.ts'
import type { Bin } from './bytes.ts'
import type { Secrets } from './quote.ts'
import { pieces } from './pieces.ts'
import type { Datum } from './pieces.ts'
import { pathBin, quoteBin, secretBin } from './quote.ts'
import type { Part } from './types.ts'

/** The text of a command, with every interpolation quoted for its place. */
export const textBin = (parts: readonly Part[], secrets: Secrets): Bin => {
  const list = pieces(parts)
  let out = ''
  list.forEach((piece, i) => {
    if ('text' in piece) out += bin(piece.text)
    else if ('word' in piece) out += wordBin(piece.word, glue(out, list[i + 1]), secrets)
  })
  return out
}

const wordBin = (word: Datum, how: 'alone' | 'glued' | 'always', secrets: Secrets): Bin => {
  if (isPath(word)) return pathBin(word as Path, how)
  if (isSecret(word)) return secretBin(word, secrets, how)
  return quoteBin(bin(typeof word === 'number' ? String(word) : (word as string | Uint8Array)), how)
}

/** The shell may join a word with text that it touches: `[` and `{` begin patterns, digits before `<` and `>` name a descriptor. */
const glue = (before: Bin, next: ReturnType<typeof pieces>[number] | undefined): 'alone' | 'glued' | 'always' => {
  const head = lastWord(before)
  const tail = next === undefined ? '' : 'text' in next ? (next.text[0] ?? '') : 'x'
  if (/[[{]/.test(head) || tail === '<' || tail === '>') return 'always'
  return head === '' && (tail === '' || /[\s;&|()]/.test(tail)) ? 'alone' : 'glued'
}

/** The text after the last word separator. Reads from the end, because a pattern with `$` would be tried at each place of a long text. */
const lastWord = (text: string): string => {
  let from = text.length
  while (from > 0 && !/[\s;&|()<>]/.test(text[from - 1]!)) from--
  return text.slice(from)
}
