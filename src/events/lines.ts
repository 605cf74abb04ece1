import { cleanText } from './clean.ts'
import { createRedactor } from './redact.ts'
import type { Redactor } from './redact.ts'
import { carried } from './search.ts'

/** A line that reaches this many characters without an end is passed on in pieces. */
export const LONG_LINE = 16_384

export interface LineReader {
  write(chunk: Uint8Array): void
  /** Passes on the rest that has no newline. */
  end(): void
  /** The text that still waits for its newline, as it would be shown. */
  waiting(): string
}

/**
 * Splits the bytes of one stream into lines. UTF-8 may be split anywhere. If a line was redrawn (`\r`), only its last state is kept.
 * Colours stay; all other terminal controls are removed. No secret is cut in two, and one that was wrapped, or that began on another
 * stream, is masked too.
 */
export const createLines = (emit: (line: string) => void, redactor: Redactor = createRedactor(), beside?: Beside): LineReader => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  let searched = 0
  let carry = ''
  const pass = (line: string): void => {
    const shown = cleanText(lastState(line), true)
    emit(redactor.text(shown, beside ? [carry, beside.carry()] : [carry]))
    const bare = cleanText(shown)
    carry = carried(carry, bare)
    beside?.passed(bare)
  }
  /** Passes on pieces of a line that is too long, and returns what is left of it. */
  const shorten = (line: string): string => {
    const hold = redactor.longest()
    let left = line
    while (left.length >= LONG_LINE + hold) {
      const at = cutAt(left, LONG_LINE, redactor)
      pass(left.slice(0, at))
      left = left.slice(at)
    }
    return left
  }
  const take = (text: string): void => {
    rest += text
    let start = 0
    for (let end = rest.indexOf('\n', searched); end !== -1; end = rest.indexOf('\n', start)) {
      pass(shorten(rest.slice(start, end)))
      start = end + 1
    }
    rest = shorten(overdrawn(start === 0 ? rest : rest.slice(start)))
    searched = rest.length
  }
  return {
    write: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end: () => {
      take(decoder.decode())
      if (rest !== '') pass(rest)
      rest = ''
      searched = 0
    },
    waiting: () => (rest === '' ? '' : cleanText(lastState(rest))),
  }
}

/** The text of all streams together, in the order in which it was passed on: see {@link carried}. */
interface Beside {
  carry(): string
  passed(line: string): void
}

export interface StepLines {
  write(step: string, stream: 'stdout' | 'stderr', chunk: Uint8Array): void
  /** The step has ended: passes on its unfinished lines and forgets it. */
  end(step: string): void
}

/** Splits the output of many steps into lines, each stream by itself. */
export const createStepLines = (
  emit: (step: string, stream: 'stdout' | 'stderr', line: string) => void,
  redactor: Redactor = createRedactor(),
): StepLines => {
  const steps = new Map<string, { stdout?: LineReader; stderr?: LineReader; carry: string }>()
  return {
    write: (step, stream, chunk) => {
      const readers = steps.get(step) ?? { carry: '' }
      steps.set(step, readers)
      const other = stream === 'stdout' ? 'stderr' : 'stdout'
      const beside: Beside = {
        carry: () => carried(readers.carry, readers[other]?.waiting() ?? ''),
        passed: (line) => (readers.carry = carried(readers.carry, line)),
      }
      const reader = (readers[stream] ??= createLines((line) => emit(step, stream, line), redactor, beside))
      reader.write(chunk)
    },
    end: (step) => {
      const readers = steps.get(step)
      steps.delete(step)
      readers?.stdout?.end()
      readers?.stderr?.end()
    },
  }
}

const lastState = (line: string): string => {
  const drawn = line.replace(/\r+$/, '')
  return drawn.slice(drawn.lastIndexOf('\r') + 1)
}

/** Forgets what was drawn over, so that an hour of a progress bar takes no memory. A `\r` at the end may be half of `\r\n`. */
const overdrawn = (line: string): string => {
  const drawn = line.replace(/\r+$/, '')
  const at = drawn.lastIndexOf('\r')
  return at === -1 ? (drawn.length < line.length ? `${drawn}\r` : line) : line.slice(at + 1)
}

/** Where to cut a long line: at `limit`, or after a space near it, but never inside a secret or a surrogate pair. */
const cutAt = (text: string, limit: number, redactor: Redactor): number => {
  const space = text.lastIndexOf(' ', limit - 1) + 1
  let at = space > limit - 2048 && space > 0 ? space : limit
  const inside = redactor.spans(text).find(([start, end]) => start < at && at < end)
  if (inside) at = inside[0] > 0 ? inside[0] : inside[1]
  return at > 1 && /[\ud800-\udbff]/.test(text[at - 1]!) ? at - 1 : at
}
