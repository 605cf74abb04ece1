/**
 * The private modes of a terminal (xterm's "DEC Private Mode Set") that would make it hard to use for whoever gets it back, with the value
 * that it normally has: application cursor keys, the cursor, mouse reports, focus reports, the alternate screen, pasting in brackets.
 */
const NORMAL: ReadonlyMap<number, 'h' | 'l'> = new Map([
  [1, 'l'],
  [7, 'h'],
  [25, 'h'],
  ...[9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 47, 1047, 1049, 2004, 2026].map((mode) => [mode, 'l'] as const),
])
const APPLICATION_KEYPAD = /\u001b([=>])/g // oxlint-disable-line no-control-regex
const SET = /\u001b\[\?([\d;]{1,64})([hl])/g // oxlint-disable-line no-control-regex
/** a longer sequence sets nothing that is looked for here */
const LONGEST = 80

export interface ModeTracker {
  /** Notes the modes that these bytes set. A sequence may arrive in two chunks. */
  output(chunk: Buffer): void
  /** The sequences that undo what is still set: what a program that was cut off had no time to undo itself. */
  undo(): string
}

/** What programs on the host have set on the terminal. */
export const trackModes = (): ModeTracker => {
  const changed = new Set<number>()
  let keypad = false
  let rest = ''
  return {
    output: (chunk) => {
      const text = rest + chunk.toString('latin1')
      for (const [, numbers = '', value] of text.matchAll(SET))
        for (const mode of numbers.split(';').map(Number)) {
          const normal = NORMAL.get(mode)
          if (normal === value) changed.delete(mode)
          else if (normal !== undefined) changed.add(mode)
        }
      for (const [, key] of text.matchAll(APPLICATION_KEYPAD)) keypad = key === '='
      const last = text.lastIndexOf('\u001b')
      rest = last >= 0 && text.length - last < LONGEST ? text.slice(last) : ''
    },
    undo: () =>
      [...changed].map((mode) => `\u001b[?${mode}${NORMAL.get(mode)}`).join('') +
      (keypad ? '\u001b>' : '') +
      // colours, too, if anything was cut off
      (changed.size > 0 || keypad ? '\u001b[0m' : ''),
  }
}
