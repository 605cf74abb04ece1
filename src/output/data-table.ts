import { oneLine } from '../redact/clean.ts'
import type { RunEvent } from '../events/types.ts'
import type { Paint } from './colours.ts'
import { cut, pad, width } from '../values/width.ts'

type Rows = Extract<RunEvent, { type: 'table' }>['rows']

/**
 * Rows as an aligned table of at most `columns` columns: headers are the keys of the first row, numbers are right-aligned, null is `-`. If
 * it is too wide, the longest texts are cut; if too little of them would be left, each row is a block of its own.
 */
export const rowLines = (rows: Rows, columns: number, paint: Paint): string[] => {
  const keys = Object.keys(rows[0] ?? {})
  if (keys.length === 0) return []
  const cells = rows.map((row) => keys.map((key) => cellOf(row[key])))
  const numeric = keys.map((key) => rows.some((row) => typeof row[key] === 'number') && rows.every((row) => !isText(row[key])))
  const heads = keys.map((key) => oneLine(key))
  const widths = fit(
    heads.map((head, i) => ({ head: width(head), wants: Math.max(...cells.map((row) => width(row[i]!))), fixed: numeric[i]! })),
    columns,
  )
  if (!widths) return blocks(heads, cells, columns, paint)
  const align = (text: string, i: number): string => (numeric[i] ? padStart(text, widths[i]!) : pad(cut(text, widths[i]!), widths[i]!))
  const line = (row: readonly string[]): string => row.map(align).join(GAP).trimEnd()
  return [paint.dim(line(heads)), ...cells.map(line)]
}

const GAP = '  '
/** At least this much of a text is left. */
const LEAST = 10

const isText = (value: string | number | null | undefined): boolean => typeof value === 'string'
const cellOf = (value: string | number | null | undefined): string => {
  const text = value === null || value === undefined ? '' : oneLine(String(value)).trim()
  return text === '' ? '-' : text
}
const padStart = (text: string, columns: number): string => ' '.repeat(Math.max(0, columns - width(text))) + text

interface Column {
  readonly head: number
  readonly wants: number
  readonly fixed: boolean
}

/** The width of each column; undefined if they do not fit. The widest texts shrink first. */
const fit = (all: readonly Column[], columns: number): number[] | undefined => {
  const widths = all.map(({ head, wants }) => Math.max(head, wants))
  const least = all.map(({ head, fixed }, i) => (fixed ? widths[i]! : Math.min(widths[i]!, Math.max(head, LEAST))))
  let over = widths.reduce((sum, one) => sum + one, GAP.length * (all.length - 1)) - columns
  while (over > 0) {
    const loose = widths.map((_, i) => i).filter((i) => widths[i]! > least[i]!)
    if (loose.length === 0) return undefined
    const widest = Math.max(...loose.map((i) => widths[i]!))
    widths[loose.find((i) => widths[i] === widest)!]!--
    over--
  }
  return widths
}

const blocks = (heads: readonly string[], cells: readonly (readonly string[])[], columns: number, paint: Paint): string[] => {
  const column = Math.max(...heads.map(width))
  return cells.flatMap((row, n) => [
    ...(n === 0 ? [] : ['']),
    ...row.map((cell, i) => `${paint.dim(pad(heads[i]!, column))}${GAP}${cut(cell, Math.max(LEAST, columns - column - GAP.length))}`),
  ])
}
