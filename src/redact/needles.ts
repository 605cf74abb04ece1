/** A stretch of text, `end` exclusive. */
export type Span = readonly [start: number, end: number]

export interface Needle {
  readonly text: string
  /** how many of its characters in a row count as a match, at least {@link KEY}; default: all */
  readonly least?: number
  /** a further condition for a matching part */
  readonly fits?: (part: string) => boolean
}

export interface Needles {
  /** Every match of a needle, or of enough of it. Matches may overlap. */
  find(text: string): Span[]
}

/** How many characters are looked up at once. No needle is shorter. */
const KEY = 4

interface Entry extends Needle {
  /** the position of the key in the needle */
  readonly from: number
  readonly least: number
}

/**
 * Finds any number of words, and parts of them, in one pass over a text. Each needle has keys of four characters, at such distances that
 * every part that is long enough contains one. Where the text has a key, the text around it is compared.
 */
export const createNeedles = (needles: Iterable<Needle>): Needles => {
  const entries = new Map<number, Entry[]>()
  for (const needle of needles) {
    const { text, least = text.length } = needle
    for (let from = 0; from + KEY <= text.length; from += least - KEY + 1) {
      const key = keyAt(text, from)
      const same = entries.get(key)
      if (same) same.push({ ...needle, from, least })
      else entries.set(key, [{ ...needle, from, least }])
    }
  }
  // rules out most positions in a text at once
  const mask = (1 << Math.min(20, Math.max(10, Math.ceil(Math.log2(entries.size + 1)) + 3))) - 1
  const filter = new Uint8Array(mask + 1)
  for (const key of entries.keys()) filter[key & mask] = 1

  const find = (text: string): Span[] => {
    const found: Span[] = []
    if (entries.size === 0 || text.length < KEY) return found
    let [a, b, c] = [text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(2)]
    for (let at = 0, last = text.length - KEY; at <= last; at++) {
      const d = text.charCodeAt(at + 3)
      const key = hash(a, b, c, d)
      if (filter[key & mask] === 1) for (const entry of entries.get(key) ?? []) compare(entry, text, at, found)
      a = b
      b = c
      c = d
    }
    return found
  }
  return { find }
}

/**
 * Whether a word may continue from the end of one text to the beginning of the next, so that both have to be searched together: either
 * the four characters before the seam are part of a word, or fewer are, and then the four after it are.
 */
export const createSeam = (words: Iterable<string>): ((before: string, after: string) => boolean) => {
  const all = new Set<number>()
  const early = new Set<number>()
  for (const word of words) {
    for (let at = 0; at + KEY <= word.length; at++) {
      all.add(keyAt(word, at))
      if (at > 0 && at < KEY) early.add(keyAt(word, at))
    }
  }
  return (before, after) =>
    (before.length >= KEY && all.has(keyAt(before, before.length - KEY))) || (after.length >= KEY && early.has(keyAt(after, 0)))
}

const keyAt = (text: string, at: number): number =>
  hash(text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2), text.charCodeAt(at + 3))

const compare = ({ text: needle, from, least, fits }: Entry, text: string, at: number, found: Span[]): void => {
  let before = 0
  while (before < from && before < at && needle.charCodeAt(from - before - 1) === text.charCodeAt(at - before - 1)) before++
  let after = 0
  while (from + after < needle.length && at + after < text.length && needle.charCodeAt(from + after) === text.charCodeAt(at + after))
    after++
  // two keys may share a hash
  if (after < KEY || before + after < least) return
  if (fits === undefined || fits(text.slice(at - before, at + after))) found.push([at - before, at + after])
}

const hash = (a: number, b: number, c: number, d: number): number => {
  const mixed = Math.imul(a | (b << 16), 0x9e3779b1) ^ Math.imul(c | (d << 16), 0x85ebca6b)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
