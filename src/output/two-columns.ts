import { pad, width, wrap } from '../values/width.ts'

/** A name and its description. */
export type Row = readonly [name: string, text: string]

/** The narrowest readable column: if less is left, a text goes below its name. */
const LEAST = 24

/** Rows in two columns, at most `columns` wide together. Texts are wrapped between words, within their column. */
export const twoColumns = (rows: readonly Row[], columns: number, indent = ''): string[] => {
  const wide = Math.max(...rows.map(([name]) => width(name))) + 2
  const left = columns - indent.length - wide
  if (left < LEAST)
    return rows.flatMap(([name, text]) => [indent + name, ...wrap(text, columns - indent.length - 4).map((line) => `${indent}    ${line}`)])
  return rows.flatMap(([name, text]) => wrap(text, left).map((line, i) => `${indent}${pad(i === 0 ? name : '', wide)}${line}`.trimEnd()))
}
