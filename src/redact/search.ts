import { bytesOf, ESCAPES, unescaped, utf8, type Unescaped } from './escapes.ts'
import { encodingsOf, SHORT } from './encodings.ts'
import { createNeedles, createSeam, type Needles, type Span } from './needles.ts'
import { EDGE, edgesOf, partsOf, revealingLength } from './partial-secrets.ts'

/** How many characters of the previous lines are kept, in case a secret began there. */
const CARRY = 160
/** How many levels of escaping are undone: a shell word in JSON in JSON. */
const ROUNDS = 3

/** What to search for, for a set of secrets. */
export interface SearchTerms {
  readonly none: boolean
  /** every form, and the parts that give one away */
  readonly whole: Needles
  /** the values themselves as bytes, to find in unescaped text */
  readonly bytes: Needles
  /** values too short to be masked inside another word */
  readonly wholeWords: readonly RegExp[]
  readonly tails: ReadonlySet<string>
  readonly heads: ReadonlySet<string>
  /** the last four characters of the tails, and the first four of the heads */
  readonly ends: ReadonlySet<string>
  readonly starts: ReadonlySet<string>
  /** whether a form may continue from one line to the next */
  readonly seam: (before: string, after: string) => boolean
  /** the last four characters of each beginning that is long enough → the beginnings */
  readonly beginnings: ReadonlyMap<string, readonly string[]>
  /** whether a value has a blank in it */
  readonly blanks: boolean
  readonly longest: number
}

/** A key of many lines has thousands of forms, so each value is encoded once. */
const encodings = new Map<string, ReturnType<typeof encodingsOf>>()
const cachedEncodings = (value: string): ReturnType<typeof encodingsOf> => {
  const forms = encodings.get(value) ?? encodingsOf(value)
  encodings.set(value, forms)
  return forms
}

/** The search terms for a set that only grows. All redactors share them; they are computed again when the set has grown. */
export const searchTerms = (values: ReadonlySet<string>): SearchTerms => {
  const before = made.get(values)
  if (before?.size === values.size) return before.terms
  const terms = make(values)
  made.set(values, { size: values.size, terms })
  return terms
}
const made = new WeakMap<ReadonlySet<string>, { readonly size: number; readonly terms: SearchTerms }>()

const make = (values: ReadonlySet<string>): SearchTerms => {
  const forms = [...values].map(cachedEncodings)
  const plain = new Set(forms.flatMap((one) => [...one.plain]))
  const whole = new Set(forms.flatMap((one) => [...one.whole]))
  const coded = [...plain].flatMap((text) => [utf8(text), utf8(text.replaceAll(' ', '+'))])
  const edges = forms.map(edgesOf)
  const tails = new Set(edges.flatMap((one) => [...one.tails]))
  const heads = new Set(edges.flatMap((one) => [...one.heads]))
  const beginnings = new Map<string, string[]>()
  for (const text of plain) {
    for (let length = revealingLength(text); length < Math.min(text.length, CARRY); length++) {
      const key = text.slice(length - 4, length)
      beginnings.set(key, [...(beginnings.get(key) ?? []), text.slice(0, length)])
    }
  }
  return {
    none: values.size === 0,
    whole: createNeedles([...[...whole].map((text) => ({ text })), ...forms.flatMap(partsOf)]),
    bytes: createNeedles([...new Set(coded)].map((text) => ({ text }))),
    wholeWords: [...values].filter((value) => value.length < SHORT && value.trim() !== '').map(wholeWord),
    tails,
    heads,
    ends: new Set([...tails].map((text) => text.slice(-EDGE.least))),
    starts: new Set([...heads].map((text) => text.slice(0, EDGE.least))),
    seam: createSeam(whole),
    blanks: [...plain].some((text) => text.includes(' ')),
    beginnings,
    longest: [...whole].reduce((most, text) => Math.max(most, text.length), 0),
  }
}

/** Finds the secrets in one line, in any order. `before`: as {@link carryOver} returns it. */
export const findInLine = (terms: SearchTerms, line: string, before: readonly string[]): Span[] => {
  const found = terms.whole.find(line)
  for (const word of terms.wholeWords) for (const match of line.matchAll(word)) found.push([match.index, match.index + match[0].length])
  if (/[%\\&]|'"'"'/.test(line)) found.push(...escaped(terms, line))
  if (terms.tails.size > 0) found.push(...edges(terms, line))
  found.push(...wrapped(terms, line, before))
  return found
}

/** Undoes one kind of escape after the other, in any order, because what looks like an escape of one kind may be literal text. */
const escaped = ({ bytes }: SearchTerms, line: string): Span[] => {
  const found: Span[] = []
  const seen = new Set<string>()
  let texts: Unescaped[] = [bytesOf(line)]
  for (let round = 0; round < ROUNDS && texts.length > 0; round++) {
    texts = texts
      .flatMap((text) => ESCAPES.map((kind) => unescaped(text, kind)))
      .filter((text) => text !== undefined && !seen.has(text.bytes) && seen.add(text.bytes)) as Unescaped[]
    for (const { bytes: read, at } of texts) for (const [start, end] of bytes.find(read)) found.push([at[start]!, at[end]!])
  }
  return found
}

/** Finds the beginning of a form at the end of a line, and the end of a form at its beginning. */
const edges = ({ tails, heads, ends, starts }: SearchTerms, line: string): Span[] => {
  const found: Span[] = []
  const start = line.length - line.trimStart().length
  const end = start + unwrapped(line).length
  const most = Math.min(EDGE.most, end - start)
  // most lines fail these two tests
  if (ends.has(line.slice(end - EDGE.least, end)))
    for (let length: number = EDGE.least; length <= most; length++)
      if (tails.has(line.slice(end - length, end))) found.push([end - length, end])
  if (starts.has(line.slice(start, start + EDGE.least)))
    for (let length: number = EDGE.least; length <= most; length++)
      if (heads.has(line.slice(start, start + length))) found.push([start, start + length])
  return found
}

/** Finds a secret that continues from a previous line, and one that begins at the end of this line. */
const wrapped = (terms: SearchTerms, line: string, before: readonly string[]): Span[] => {
  const found: Span[] = []
  const from = line.length - line.trimStart().length
  const inner = unwrapped(line)
  // a line may be broken between any two characters, and some programs drop a blank there
  const own = before.length === 2 && before[0] === before[1] ? before.slice(1) : before
  const carries = own.map((carry) => carry.replaceAll('\n', ''))
  if (terms.blanks) carries.push(...own.map((carry) => `${carry.replaceAll('\n', ' ')} `))
  for (const carry of carries) {
    if (!terms.seam(carry, inner)) continue
    for (const [start, end] of terms.whole.find(carry + inner.slice(0, CARRY)))
      if (start < carry.length && end > carry.length) found.push([0, from + end - carry.length])
  }
  for (const carry of carries.length > 0 ? carries : ['']) {
    // a line longer than any beginning needs nothing before it
    const joined = inner.length >= CARRY ? inner : carry + inner
    for (const beginning of terms.beginnings.get(joined.slice(-4)) ?? [])
      if (joined.endsWith(beginning)) found.push([Math.max(from, from + inner.length - beginning.length), from + inner.length])
  }
  return found
}

/** Removes what surrounds a part of a wrapped line: blanks, and a backslash before the break. */
const unwrapped = (line: string): string => {
  const bare = line.trim()
  return bare.endsWith('\\') ? bare.slice(0, -1).trimEnd() : bare
}

/** What to keep for the next lines: the end of the text so far, line by line, without the characters that wrap lines. */
export const carryOver = (before: string, line: string): string => {
  const inner = unwrapped(line)
  return inner === '' ? before : `${before}\n${inner}`.slice(-CARRY)
}

const wholeWord = (value: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}_])${value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?![\\p{L}\\p{N}_])`, 'gu')
