import { cut, columnsIn, width } from '../../values/width.ts'
import { createWriter, notShown } from '../writer.ts'
import type { Target, Writer } from '../writer.ts'

export interface Screen {
  /** Shows these lines at the bottom, in place of the previous ones. Skipped while the terminal does not keep up. */
  frame(lines: readonly string[]): void
  /** Shows lines that stay, above the frame. Optional ones are dropped, and counted, while the terminal does not keep up. */
  above(lines: readonly string[], optional?: boolean): void
  /**
   * Shows lines just above the frame until they are replaced by others, or something else is shown above: then they stay, and `settled` is
   * called.
   */
  pin(lines: readonly string[], settled: () => void): void
  /** Removes the frame and lets others write: user code that asks a question. */
  lend(write: () => void): void
  readonly columns: number
  /** how many rows there are for a frame */
  readonly rows: number
  /** Removes the frame, even from a terminal that lags behind. */
  close(): void
  drained(): Promise<void>
}

// If a line is wider than we think, the terminal cuts it instead of wrapping it: a wrap would break every frame after it.
const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'
// Shows each frame at once if the terminal can (mode 2026), without a moving cursor. Both end with the frame, so that a process killed
// between two frames leaves the terminal as it was.
const BEGIN = '\u001b[?2026h\u001b[?25l'
const END = '\u001b[?25h\u001b[?2026l'

/**
 * The bottom of a terminal, redrawn in place; what is above scrolls away as usual. While `held`, the terminal is lent: nothing is drawn,
 * and lines are kept for later.
 */
export const createScreen = (stdout: Target, held: () => boolean = () => false): Screen => {
  const columns = (): number => Math.max(20, columnsIn(stdout, 80))
  const bottom = createBottom(createWriter(stdout), columns)
  const kept: string[] = []
  const pinned = createPinned()
  let closed = false
  const lent = (): boolean => !closed && held()
  let last: readonly string[] = []
  const catchUp = (): void => bottom.above(kept.splice(0), false)
  /** The pinned lines become lines that stay, and the frame is what it is without them. */
  const settle = (): void => {
    const lines = pinned.settle()
    if (lines.length > 0) bottom.above(lines, false, last)
  }
  return {
    frame: (lines) => {
      if (lent()) return
      catchUp()
      last = lines.map((line) => cut(line, columns()))
      bottom.frame([...pinned.lines().map((line) => cut(line, columns())), ...last])
    },
    above: (lines, optional = false) => {
      if (lent()) return void kept.push(...pinned.settle(), ...lines)
      catchUp()
      settle()
      bottom.above(lines, optional)
    },
    pin: pinned.set,
    lend: (write) => {
      bottom.clear()
      write()
    },
    get columns() {
      return columns()
    },
    get rows() {
      return Math.max(4, (stdout.rows || 24) - pinned.lines().length)
    },
    close: () => {
      closed = true
      catchUp()
      settle()
      bottom.clear()
    },
    drained: () => bottom.drained(),
  }
}

/** Lines that may still change. */
const createPinned = () => {
  let pinned: readonly string[] = []
  let settled = (): void => {}
  return {
    lines: () => pinned,
    set: (lines: readonly string[], done: () => void): void => {
      pinned = lines
      settled = done
    },
    /** Removes them. Returns the lines that are to stay. */
    settle: (): readonly string[] => {
      const lines = pinned
      pinned = []
      if (lines.length > 0) settled()
      return lines
    },
  }
}

/** The lines at the bottom, as they are on the terminal. */
const createBottom = (writer: Writer, columns: () => number) => {
  let shown: readonly string[] = []
  let dropped = 0
  // A terminal that became narrower has wrapped what was drawn: it now takes more rows.
  const up = (): string => {
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns())), 0)
    return rows > 0 ? `\r\u001b[${rows}A` : '\r'
  }
  const draw = (lines: readonly string[], before = ''): void => {
    // Erase first: in the last column the cursor is on the last letter, and erasing to the end would remove it.
    const body = lines.map((line) => `\u001b[2K${line}\n`).join('')
    writer.text(`${BEGIN}${up()}${before}${NO_WRAP}${body}\u001b[J${WRAP}${END}`)
    shown = lines
  }
  return {
    frame: (lines: readonly string[]): void => {
      if (writer.behind() || (lines.length === shown.length && lines.every((line, i) => line === shown[i]))) return
      draw(lines)
    },
    /** `rest`: what is at the bottom from then on */
    above: (lines: readonly string[], optional: boolean, rest: readonly string[] = shown): void => {
      if (lines.length === 0) return
      if (shown.length === 0) return void writer.lines(lines, optional)
      if (optional && writer.full()) {
        dropped += lines.length
        return
      }
      const missing = dropped > 0 ? [notShown(dropped)] : []
      dropped = 0
      draw(rest, `\u001b[J${[...missing, ...lines].join('\n')}\n`)
    },
    clear: (): void => {
      if (shown.length > 0) draw([])
    },
    drained: () => writer.drained(),
  }
}
