import { cleanText, oneLine } from '../../redact/clean.ts'
import type { RunEvent } from '../../events/types.ts'
import type { Paint } from '../colours.ts'
import { pad, width } from '../../values/width.ts'

/** How long output is collected, in milliseconds, so that a burst of a thousand lines is one write and one redrawn frame. */
const COLLECT_MS = 50

export interface OutputLines {
  /** Takes the events of steps; hides the output of a command that code captures (`capture`), unless `all`. */
  event(event: RunEvent): void
  /** Shows what has been collected so far. */
  flush(): void
}

/** The output of steps, each line with its host, for a tree that would otherwise show only the last line. */
export const createOutputLines = (
  show: (lines: readonly string[]) => void,
  { all, paint }: { all: boolean; paint: Paint },
): OutputLines => {
  const captured = new Set<string>()
  let pending: string[] = []
  let timer: NodeJS.Timeout | undefined
  let column = 0
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const lines = pending
    pending = []
    if (lines.length > 0) show(lines)
  }
  return {
    flush,
    event: (event) => {
      if (event.type === 'run:start') column = Math.max(0, ...event.hosts.map(({ host }) => width(oneLine(host))))
      else if (event.type === 'step:start' && event.captured && !all) captured.add(event.step)
      else if (event.type === 'step:end') captured.delete(event.step)
      else if (event.type === 'step:output' && !captured.has(event.step)) {
        pending.push(`${paint.dim(pad(oneLine(event.host), column))}  ${cleanText(event.line, paint.on)}`)
        timer ??= setTimeout(flush, COLLECT_MS).unref()
      }
    },
  }
}
