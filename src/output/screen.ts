import { cut, width } from './width.ts'
import { createWriter } from './writer.ts'
import type { Target } from './writer.ts'

export interface Screen {
  /** Shows these lines at the bottom, in place of the ones before. Skipped while the terminal does not keep up. */
  frame(lines: readonly string[]): void
  /** Lines that stay, above the frame. */
  above(lines: readonly string[]): void
  readonly columns: number
  readonly rows: number
  /** Takes the frame away and gives the cursor back. Nothing is drawn afterwards but `above`. */
  close(): void
  drained(): Promise<void>
}

const HIDE = '\u001b[?25l'
const SHOW = '\u001b[?25h'
// A line that is a column wider than we think is cut by the terminal, not wrapped: a wrap would break every frame after it.
const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'
// One frame at once, where the terminal knows it (mode 2026); elsewhere it does nothing.
const TOGETHER = '\u001b[?2026h'
const DONE = '\u001b[?2026l'

/** The bottom of a terminal, redrawn in place; what is above scrolls away as usual. */
export const createScreen = (stdout: Target): Screen => {
  const writer = createWriter(stdout)
  let shown: readonly string[] = []
  let hidden = false
  const columns = (): number => Math.max(20, stdout.columns ?? 80)
  // A narrower terminal has wrapped what was drawn: it takes more rows now.
  const up = (): string => {
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns())), 0)
    return rows > 0 ? `\r\u001b[${rows}A` : '\r'
  }
  const leave = (): void => {
    if (hidden) stdout.write(`${WRAP}${SHOW}`)
    hidden = false
  }
  const enter = (): string => {
    if (hidden) return ''
    hidden = true
    process.on('exit', leave)
    return HIDE
  }
  const draw = (lines: readonly string[], before = ''): void => {
    const body = lines.map((line) => `${line}\u001b[K\n`).join('')
    writer.text(`${TOGETHER}${enter()}${up()}${before}${NO_WRAP}${body}\u001b[J${WRAP}${DONE}`)
    shown = lines
  }
  return {
    frame: (lines) => {
      const fitting = lines.map((line) => cut(line, columns()))
      if (writer.behind() || (fitting.length === shown.length && fitting.every((line, i) => line === shown[i]))) return
      draw(fitting)
    },
    above: (lines) => {
      if (lines.length === 0) return
      if (shown.length === 0) return writer.lines(lines)
      draw(shown, `\u001b[J${lines.join('\n')}\n`)
    },
    get columns() {
      return columns()
    },
    get rows() {
      return Math.max(4, stdout.rows ?? 24)
    },
    close: () => {
      if (!hidden) return
      if (shown.length > 0) writer.text(`${up()}\u001b[J`)
      shown = []
      leave()
      process.off('exit', leave)
    },
    drained: () => writer.drained(),
  }
}
