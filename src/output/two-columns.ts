import { pad, width, wrap } from '../values/width.ts'

/** A name and its description. */
export type Row = readonly [name: string, text: string]

/** The narrowest readable column: a name that leaves less has its text below it, as has one whose text has a longer word. */
const LEAST = 24

/** Rows in two columns, at most `columns` wide together. Texts are wrapped between words, within their column. */
export const twoColumns = (rows: readonly Row[], columns: number, indent = ''): string[] => {
  const most = columns - indent.length - LEAST
  const wide = Math.max(0, ...rows.map(([name]) => width(name) + 2).filter((one) => one <= most))
  const left = columns - indent.length - wide
  return rows.flatMap(([name, text]) =>
    width(name) + 2 > wide || longestWord(text) > left
      ? [indent + name, ...wrap(text, columns - indent.length - 4).map((line) => `${indent}    ${line}`)]
      : wrap(text, left).map((line, i) => `${indent}${pad(i === 0 ? name : '', wide)}${line}`.trimEnd()),
  )
}

const longestWord = (text: string): number => Math.max(...text.split(' ').map(width))
