import { isSecret, knownSecrets, MASK } from '../values/secret.ts'
import { cleanText } from './clean.ts'
import type { Span } from './needles.ts'
import { carryOver, findInLine, searchTerms, type SearchTerms } from './search.ts'
import { maskUrls } from './urls.ts'

export interface Redactor {
  /** `before`: the text just before (of each stream that this may continue), as {@link carryOver} returns it. */
  text(text: string, before?: readonly string[]): string
  /** The same event, or a part of one, with every string redacted, or the value itself if there is nothing to hide. */
  deep<T>(value: T): T
  /** The places of secrets in a text, merged and in order. */
  spans(text: string, before?: readonly string[]): Span[]
  /** The length of the longest form of a secret, in UTF-16 units. */
  longest(): number
}

/**
 * Masks every secret of this process, in every form of {@link encodingsOf}, even if it was made later or is wrapped. Passwords in URLs are
 * masked too.
 */
export const createRedactor = (secrets: () => ReadonlySet<string> = knownSecrets): Redactor => {
  let size = -1
  let terms: SearchTerms | undefined
  const refresh = (): SearchTerms => {
    const values = secrets()
    if (terms === undefined || values.size !== size) terms = searchTerms(values)
    size = values.size
    return terms
  }
  const spans = (text: string, before: readonly string[] = []): Span[] => {
    const terms = refresh()
    if (terms.none) return []
    if (!text.includes('\n')) return merge(findInLine(terms, text, before))
    // values of several lines as a whole, then line by line: each line may continue what the previous one began
    const found = terms.whole.find(text)
    let carry = before
    let at = 0
    for (const line of text.split('\n')) {
      for (const [start, end] of findInLine(terms, line, carry)) found.push([at + start, at + end])
      carry = [carryOver(carry[0] ?? '', line)]
      at += line.length + 1
    }
    return merge(found)
  }
  const memory = new Map<string, string>()
  let remembers = -1
  const text = (input: string, before: readonly string[] = []): string => {
    if (input.length < LONG || before.length > 0) return redacted(input, before)
    refresh()
    // the scripts of a hundred hosts are one text
    if (remembers !== size || memory.size >= MOST) memory.clear()
    remembers = size
    const known = memory.get(input) ?? redacted(input, before)
    memory.set(input, known)
    return known
  }
  const redacted = (input: string, before: readonly string[]): string => {
    const clean = mask(input, spans(input, before))
    // A colour change in the middle of a secret hides it from a search, but not on a screen.
    const bare = cleanText(clean)
    if (bare !== clean && spans(bare, before).length > 0) return redacted(bare, before)
    return maskUrls(clean)
  }
  return { text, spans, deep: (value) => deep(value, (one) => text(one)), longest: () => refresh().longest }
}

/** The texts that are remembered: of at least so many characters, and how many. */
const LONG = 100
const MOST = 200

/**
 * The keys of an event whose values are shipit's own words, which a secret with the same letters must not change: those at the top, and the
 * state of what is live. Further down, the same keys may be a user's: columns of a table.
 */
const OWN = new Set(['type', 'status', 'level', 'stream', 'step', 'run'])
const OWN_OF_LIVE = new Set(['state'])
const NONE: ReadonlySet<string> = new Set()

const deep = <T>(value: T, text: (input: string) => string, own: ReadonlySet<string> = OWN): T => {
  if (typeof value === 'string') return text(value) as T
  if (typeof value !== 'object' || value === null) return value
  // from a cell of a table
  if (isSecret(value)) return MASK as T
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item) => deep<unknown>(item, text, own))
    return items.some((item, i) => item !== value[i]) ? (items as T) : value
  }
  const entries = Object.entries(value).map(([key, item]) => {
    if (own.has(key)) return [key, item] as const
    if (own === OWN && key === 'rows' && Array.isArray(item)) return [key, tableRows(item as readonly object[], text)] as const
    return [key, deep<unknown>(item, text, own === OWN && key === 'live' ? OWN_OF_LIVE : NONE)] as const
  })
  return entries.some(([key, after]) => after !== value[key as keyof T]) ? (Object.fromEntries(entries) as T) : value
}

/** The rows of a table. The name of a column may come from a host, so it is masked too; two that look the same then stay two columns. */
const tableRows = (rows: readonly object[], text: (input: string) => string): readonly object[] => {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const masked = new Map(keys.map((key) => [key, text(key)]))
  const taken = new Set(keys.filter((key) => masked.get(key) === key))
  const names = new Map(
    keys.map((key) => {
      const name = masked.get(key)!
      if (name === key) return [key, name]
      const free = unused(name, taken)
      taken.add(free)
      return [key, free]
    }),
  )
  const made = rows.map((row) => {
    const after = deep(row, text, NONE)
    return Object.keys(row).every((key) => names.get(key) === key)
      ? after
      : Object.fromEntries(Object.entries(after).map(([key, value]) => [names.get(key), value]))
  })
  return made.some((row, i) => row !== rows[i]) ? made : rows
}

/** `name`, or the first of `name (2)`, `name (3)` … that is not taken. */
const unused = (name: string, taken: ReadonlySet<string>): string => {
  let free = name
  for (let i = 2; taken.has(free); i++) free = `${name} (${i})`
  return free
}

const merge = (spans: Span[]): Span[] => {
  if (spans.length < 2) return spans
  const merged: [number, number][] = []
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else merged.push([start, end])
  }
  return merged
}

const mask = (text: string, spans: readonly Span[]): string => {
  if (spans.length === 0) return text
  let masked = ''
  let at = 0
  for (const [start, end] of spans) {
    masked += text.slice(at, start) + MASK
    at = end
  }
  return masked + text.slice(at)
}
