import { isSecret, knownSecrets } from '../values/secret.ts'
import { cleanText } from './clean.ts'
import { formsOf, SHORT } from './forms.ts'

const MASK = '[secret]'
/** A stretch of text, `end` exclusive. */
export type Span = readonly [start: number, end: number]

export interface Redactor {
  text(text: string): string
  /** The same event with every string redacted; itself when there was nothing to hide. */
  deep<T>(value: T): T
  /** Where secrets stand in a text, merged and in order. */
  spans(text: string): Span[]
  /** The length of the longest form of a secret, in UTF-16 units. */
  longest(): number
}

/** Finds every secret of this process, in every form of {@link formsOf}, also of secrets made later. Passwords in URLs are masked too. */
export const createRedactor = (secrets: () => ReadonlySet<string> = knownSecrets): Redactor => {
  let size = -1
  let needles: readonly string[] = []
  let words: readonly RegExp[] = []
  const refresh = (): void => {
    const values = secrets()
    if (values.size === size) return
    size = values.size
    needles = [...new Set([...values].flatMap((value) => [...formsOf(value)]))]
    words = [...values].filter((value) => value.length < SHORT && value.trim() !== '').map(wholeWord)
  }
  const spans = (text: string): Span[] => {
    refresh()
    return merge([...find(text, needles), ...words.flatMap((word) => matches(text, word))])
  }
  const text = (input: string): string => {
    const clean = mask(input, spans(input))
    // A colour change in the middle of a secret hides it from a search, and shows it on a screen.
    const bare = cleanText(clean)
    if (bare !== clean && spans(bare).length > 0) return text(bare)
    return clean.includes('@') && clean.includes('://') ? clean.replace(PASSWORD, '$1:[secret]@').replace(TOKEN, '$1[secret]@') : clean
  }
  return {
    text,
    spans,
    deep: (value) => deep(value, text),
    longest: () => (refresh(), Math.max(0, ...needles.map((needle) => needle.length))),
  }
}

const PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/"'<>]*):(?!\[secret\]@)[^\s/"'<>]+@/gi
/** `https://TOKEN@host`: as long as no user's name is. */
const TOKEN = /\b(https?:\/\/)[^\s:@/"'<>]{20,}@/gi

/** Words of our own that a secret of the same letters must not change. */
const FIXED = new Set(['type', 'status', 'level', 'stream', 'state', 'step', 'run'])

const deep = <T>(value: T, text: (input: string) => string): T => {
  if (typeof value === 'string') return text(value) as T
  if (typeof value !== 'object' || value === null) return value
  // of a table's cell; a text may do what it likes with its words
  if (isSecret(value)) return MASK as T
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item) => deep<unknown>(item, text))
    return items.some((item, i) => item !== value[i]) ? (items as T) : value
  }
  const entries = Object.entries(value).map(([key, item]) => [key, FIXED.has(key) ? item : deep<unknown>(item, text), item] as const)
  return entries.some(([, after, before]) => after !== before) ? (Object.fromEntries(entries) as T) : value
}

const find = (text: string, needles: readonly string[]): Span[] => {
  const found: Span[] = []
  for (const needle of needles) {
    if (needle.length > text.length) continue
    for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) found.push([at, at + needle.length])
  }
  return found
}

const matches = (text: string, word: RegExp): Span[] =>
  Array.from(text.matchAll(word), (match): Span => [match.index, match.index + match[0].length])

const wholeWord = (value: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}_])${value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?![\\p{L}\\p{N}_])`, 'gu')

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
