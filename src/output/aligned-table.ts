import { pad, width } from '../values/width.ts'

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
