import { createRequire } from 'node:module'

/** How many columns a text takes on a terminal: wide characters (UAX #11) and emoji two, combining marks and colours none. */
export const width = (text: string): number => (NARROW.test(text) ? text.length : stringWidth()(text))

/** Cuts the text to at most `columns` columns, ending in `…` if something is missing; closes open colours. */
export const cut = (text: string, columns: number): string => {
  if (width(text) <= columns) return text
  if (columns < 1) return ''
  return NARROW.test(text) ? `${text.slice(0, columns - 1)}…` : cliTruncate()(text, columns)
}

/** The text in lines of at most `columns` columns, broken between words. A longer word has a line to itself. */
export const wrap = (text: string, columns: number): string[] => {
  if (width(text) <= columns) return [text]
  return NARROW.test(text) ? wrapNarrow(text, columns) : wrapAnsi()(text, columns).split('\n')
}

/** Pads the text with spaces to `columns` columns; a longer one stays as it is. */
export const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))

/** How many columns a terminal has; `without` if it does not say, or says 0 because it was given no size (a CI job, `docker run -t`). */
export const columnsIn = ({ columns = 0 }: { readonly columns?: number | undefined }, without: number): number =>
  columns > 0 ? columns : without

/** Characters of one column each: ASCII, letters of Western Europe, and the dashes, dots and arrows that shipit prints. */
const NARROW = /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2026\u2190-\u21ff]*$/

const wrapNarrow = (text: string, columns: number): string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > columns) lines.push(word)
    // the second of two spaces, where a line was broken
    else if (line === '' && lines.length > 1) lines[lines.length - 1] = word
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.map((line, i) => (i < lines.length - 1 ? line.trimEnd() : line))
}

/**
 * A package that is loaded at first use. These take 20 ms, a third of what `--tasks` takes, mostly for `Intl.Segmenter` and the properties of
 * Unicode; most commands print only {@link NARROW} text.
 */
const lazy = <T>(name: string): (() => T) => {
  let loaded: { readonly default: T } | undefined
  return () => (loaded ??= createRequire(import.meta.url)(name) as { readonly default: T }).default
}
const stringWidth = lazy<typeof import('string-width').default>('string-width')
const cliTruncate = lazy<typeof import('cli-truncate').default>('cli-truncate')
const wrapAnsi = lazy<typeof import('wrap-ansi').default>('wrap-ansi')
