import { cleanText } from '../redact/clean.ts'
import { createRedactor } from '../redact/redact.ts'
import type { Redactor } from '../redact/redact.ts'
import { carryOver } from '../redact/search.ts'

/** A line that reaches this many characters without an end is passed on in parts. */
export const LONG_LINE = 16_384

export interface LineSplitter {
  write(chunk: Uint8Array): void
  /** Passes on the last line if it has no newline. */
  end(): void
  /** The unfinished line, as it would be shown. */
  pending(): string
}

/**
 * Splits the bytes of one stream into lines. UTF-8 may be split anywhere. If a line was redrawn (`\r`), only its last state is kept.
 * Colours stay; all other terminal controls are removed. No secret is cut in two, and one that was wrapped, or that began on another
 * stream, is masked too.
 */
export const createLineSplitter = (
  emit: (line: string) => void,
  redactor: Redactor = createRedactor(),
  others?: OtherStreams,
): LineSplitter => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  let searched = 0
  let carry = ''
  const pass = (line: string): void => {
    const shown = cleanText(lastState(line), true)
    emit(redactor.text(shown, others ? [carry, others.carry()] : [carry]))
    const bare = cleanText(shown)
    carry = carryOver(carry, bare)
    others?.passed(bare)
  }
  /** Passes on parts of a line that is too long, and returns the rest. */
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
    rest = shorten(dropOverwritten(start === 0 ? rest : rest.slice(start)))
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
    pending: () => (rest === '' ? '' : cleanText(lastState(rest))),
  }
}

/** The text of all streams together, in the order in which it was passed on: see {@link carryOver}. */
interface OtherStreams {
  carry(): string
  passed(line: string): void
}

export interface StepLines {
  write(step: string, stream: 'stdout' | 'stderr', chunk: Uint8Array): void
  /** Passes on the unfinished line of one stream. */
  endLine(step: string, stream: 'stdout' | 'stderr'): void
  /** The step has ended: passes on its unfinished lines and forgets it. */
  end(step: string): void
}

/** Splits the output of many steps into lines, each stream by itself. */
export const createStepLines = (
  emit: (step: string, stream: 'stdout' | 'stderr', line: string) => void,
  redactor: Redactor = createRedactor(),
): StepLines => {
  const steps = new Map<string, { stdout?: LineSplitter; stderr?: LineSplitter; carry: string }>()
  return {
    write: (step, stream, chunk) => {
      const splitters = steps.get(step) ?? { carry: '' }
      steps.set(step, splitters)
      const other = stream === 'stdout' ? 'stderr' : 'stdout'
      const others: OtherStreams = {
        carry: () => carryOver(splitters.carry, splitters[other]?.pending() ?? ''),
        passed: (line) => (splitters.carry = carryOver(splitters.carry, line)),
      }
      const splitter = (splitters[stream] ??= createLineSplitter((line) => emit(step, stream, line), redactor, others))
      splitter.write(chunk)
    },
    endLine: (step, stream) => steps.get(step)?.[stream]?.end(),
    end: (step) => {
      const splitters = steps.get(step)
      steps.delete(step)
      splitters?.stdout?.end()
      splitters?.stderr?.end()
    },
  }
}

const lastState = (line: string): string => {
  const drawn = line.replace(/\r+$/, '')
  return drawn.slice(drawn.lastIndexOf('\r') + 1)
}

/** Drops what was overwritten, so that an hour of a progress bar takes no memory. A `\r` at the end may be half of `\r\n`. */
const dropOverwritten = (line: string): string => {
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
