import process from 'node:process'
import { cleanText } from '../events/clean.ts'
import { createRedactor } from '../events/redact.ts'
import { carried } from '../events/search.ts'

/**
 * What others write to one stream of this process, as it may be shown: without secrets, and without anything that a terminal would obey but
 * colours, as the output of hosts is. A sequence or a character that comes in two writes is held back until it is whole.
 */
export const createStrayText = (stream: 'stdout' | 'stderr'): ((chunk: string | Uint8Array) => string) => {
  const redactor = createRedactor()
  const decoder = new TextDecoder()
  let held = ''
  let carry = ''
  return (chunk) => {
    const written = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    // a question moves the cursor while it is answered
    if (asking() && process[stream].isTTY) return redactor.text(written)
    const all = held + written
    const open = OPEN.exec(all)
    held = open !== null && open[0].length < LONGEST ? open[0] : ''
    const clean = cleanText(all.slice(0, all.length - held.length).replace(/\r\n?/g, '\n'), true)
    const shown = redactor.text(clean, [carry])
    for (const line of cleanText(clean).split('\n')) carry = carried(carry, line)
    return shown
  }
}

/**
 * Whether the user's code reads the keyboard, as it does while it asks something: the terminal is its own until it has its answer. Only
 * `process.stdin` is looked at, which readline and the packages for prompts read.
 */
export const asking = (): boolean => own === 0 && process.stdin.isTTY && process.stdin.readableFlowing === true

/** While shipit itself asks for a line, of which nothing is shown: everything else goes on. */
export const askingOurselves = async <T>(ask: () => Promise<T>): Promise<T> => {
  own++
  try {
    return await ask()
  } finally {
    own--
  }
}
let own = 0

/** The beginning of a sequence whose end has not come: ECMA-48's CSI, and strings such as OSC; or of a line end. */
// oxlint-disable-next-line no-control-regex
const OPEN =
  /(?:\r|\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b\u009c]*\u001b?|[ -/]*)|[\u009b\u009d\u0090\u0098\u009e\u009f][^\u0007\u001b\u009c]*)$/
/** A sequence that is longer is not waited for. */
const LONGEST = 4096
