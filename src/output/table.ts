import { pad, width } from './width.ts'

/**
 * Rows as aligned lines, with two spaces between columns and no trailing space. A cell may have several lines; a row with one cell is a
 * note on the row above it, and may have any width.
 */
export const table = (rows: readonly (readonly string[])[], indent = ''): string[] => {
  const columns: number[] = []
  for (const row of rows)
    if (row.length > 1 || rows.length === 1)
      row.forEach((cell, i) => (columns[i] = Math.max(columns[i] ?? 0, ...cell.split('\n').map(width))))
  return rows.flatMap((row) => {
    const cells = row.map((cell) => cell.split('\n'))
    const height = Math.max(1, ...cells.map((cell) => cell.length))
    return Array.from({ length: height }, (_, line) =>
      (indent + cells.map((cell, i) => pad(cell[line] ?? '', cells.length > 1 ? columns[i]! : 0)).join('  ')).trimEnd(),
    )
  })
}

/** Words joined by `, `, in lines of at most `columns` columns. */
export const wrapList = (words: readonly string[], columns: number): string => {
  const lines: string[] = []
  let line = ''
  for (const [i, word] of words.entries()) {
    const item = i < words.length - 1 ? `${word},` : word
    if (line !== '' && width(line) + 1 + width(item) > columns) {
      lines.push(line)
      line = item
    } else line = line === '' ? item : `${line} ${item}`
  }
  return [...lines, line].join('\n')
}

/** A text in lines of at most `columns` columns, broken between words. */
export const wrapWords = (text: string, columns: number): string[] => {
  if (width(text) <= columns) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && width(line) + 1 + width(word) > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
