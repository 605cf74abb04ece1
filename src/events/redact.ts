import { isSecret, knownSecrets, MASK } from '../values/secret.ts'
import { cleanText } from './clean.ts'
import type { Span } from './needles.ts'
import { carried, inLine, lookFor, type Looked } from './search.ts'
import { maskUrls } from './urls.ts'

export interface Redactor {
  /** `before`: the text just before (of each stream that this may continue), as {@link carried} returns it. */
  text(text: string, before?: readonly string[]): string
  /** The same value with every string redacted, or the value itself if there is nothing to hide. */
  deep<T>(value: T): T
  /** The places of secrets in a text, merged and in order. */
  spans(text: string, before?: readonly string[]): Span[]
  /** The length of the longest form of a secret, in UTF-16 units. */
  longest(): number
}

/**
 * Masks every secret of this process, in every form of {@link formsOf}, even if it was made later or is wrapped. Passwords in URLs are
 * masked too.
 */
export const createRedactor = (secrets: () => ReadonlySet<string> = knownSecrets): Redactor => {
  let size = -1
  let looked: Looked | undefined
  const refresh = (): Looked => {
    const values = secrets()
    if (looked === undefined || values.size !== size) looked = lookFor(values)
    size = values.size
    return looked
  }
  const spans = (text: string, before: readonly string[] = []): Span[] => {
    const looking = refresh()
    if (looking.none) return []
    if (!text.includes('\n')) return merge(inLine(looking, text, before))
    // values of several lines as a whole, then line by line: each line may continue what the previous one began
    const found = looking.whole.find(text)
    let carry = before
    let at = 0
    for (const line of text.split('\n')) {
      for (const [start, end] of inLine(looking, line, carry)) found.push([at + start, at + end])
      carry = [carried(carry[0] ?? '', line)]
      at += line.length + 1
    }
    return merge(found)
  }
  const text = (input: string, before: readonly string[] = []): string => {
    const clean = mask(input, spans(input, before))
    // A colour change in the middle of a secret hides it from a search, but not on a screen.
    const bare = cleanText(clean)
    if (bare !== clean && spans(bare, before).length > 0) return text(bare, before)
    return maskUrls(clean)
  }
  return { text, spans, deep: (value) => deep(value, (one) => text(one)), longest: () => refresh().longest }
}

/** The keys of shipit's own words, which a secret of the same letters must not change. */
const FIXED = new Set(['type', 'status', 'level', 'stream', 'state', 'step', 'run'])

const deep = <T>(value: T, text: (input: string) => string): T => {
  if (typeof value === 'string') return text(value) as T
  if (typeof value !== 'object' || value === null) return value
  // from a cell of a table
  if (isSecret(value)) return MASK as T
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item) => deep<unknown>(item, text))
    return items.some((item, i) => item !== value[i]) ? (items as T) : value
  }
  const entries = Object.entries(value).map(([key, item]) => [key, FIXED.has(key) ? item : deep<unknown>(item, text), item] as const)
  return entries.some(([, after, before]) => after !== before) ? (Object.fromEntries(entries) as T) : value
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
