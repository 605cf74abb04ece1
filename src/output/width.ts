/** How many columns a text takes on a terminal: wide characters (UAX #11) and emoji two, combining marks and colours none. */
export const width = (text: string): number => {
  if (ASCII.test(text)) return text.length
  let columns = 0
  for (const part of parts(text)) columns += part.columns
  return columns
}

/** Cuts the text to at most `columns` columns, ending in `…` if something is missing; closes open colours. */
export const cut = (text: string, columns: number): string => {
  if (ASCII.test(text) && text.length <= columns) return text
  if (width(text) <= columns) return text
  if (columns < 1) return ''
  let shown = ''
  let used = 0
  let coloured = false
  for (const part of parts(text)) {
    if (used + part.columns > columns - 1) break
    shown += part.text
    used += part.columns
    coloured ||= part.text.startsWith('\u001b')
  }
  return coloured ? `${shown}\u001b[0m…` : `${shown}…`
}

/** Pads the text with spaces to `columns` columns; a longer one stays as it is. */
export const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))

const ASCII = /^[\u0020-\u007e]*$/
// eslint-disable-next-line no-control-regex
const COLOUR = /\u001b\[[0-9;:]*m/g
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

interface Part {
  readonly text: string
  readonly columns: number
}

const parts = function* (text: string): Generator<Part> {
  let at = 0
  for (const match of text.matchAll(COLOUR)) {
    yield* graphemes(text.slice(at, match.index))
    yield { text: match[0], columns: 0 }
    at = match.index + match[0].length
  }
  yield* graphemes(text.slice(at))
}

const graphemes = function* (text: string): Generator<Part> {
  for (const { segment } of segmenter.segment(text)) yield { text: segment, columns: columnsOf(segment) }
}

const columnsOf = (grapheme: string): number => {
  if (/^[\u0020-\u007e]$/.test(grapheme)) return 1
  if (/^[\p{Control}\p{Format}\p{Nonspacing_Mark}\p{Enclosing_Mark}]*$/u.test(grapheme)) return 0
  if (/\p{Emoji_Presentation}|\ufe0f|[\u{1f3fb}-\u{1f3ff}]/u.test(grapheme)) return 2
  return WIDE.test(grapheme) ? 2 : 1
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u

/** How many columns a terminal has; `without` if it does not say, or says 0 because it was given no size (a CI job, `docker run -t`). */
export const columnsIn = ({ columns = 0 }: { readonly columns?: number | undefined }, without: number): number =>
  columns > 0 ? columns : without
