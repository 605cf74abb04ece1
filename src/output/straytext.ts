import process from 'node:process'
import { cleanText } from '../events/clean.ts'
import { createRedactor } from '../events/redact.ts'
import { carried } from '../events/search.ts'

/**
 * Makes what others write to a stream of this process safe to show: without secrets, and without control sequences except colours, like the
 * output of hosts. Holds back a sequence or character that arrives in two writes until it is whole.
 */
export const createStrayText = (stream: 'stdout' | 'stderr'): ((chunk: string | Uint8Array) => string) => {
  const redactor = createRedactor()
  const decoder = new TextDecoder()
  let held = ''
  let carry = ''
  return (chunk) => {
    const written = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    // a prompt moves the cursor while you answer it
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
 * Whether user code reads the keyboard because it asks something: the terminal belongs to it until it has an answer. Only `process.stdin`
 * is checked, which readline and prompt packages read.
 */
export const asking = (): boolean => own === 0 && process.stdin.isTTY && process.stdin.readableFlowing === true

/** Marks that shipit itself asks for a line, which is not echoed: everything else goes on. */
export const askingOurselves = async <T>(ask: () => Promise<T>): Promise<T> => {
  own++
  try {
    return await ask()
  } finally {
    own--
  }
}
let own = 0

/** The start of a sequence whose end has not arrived (ECMA-48's CSI, and strings such as OSC), or of a line end. */
// oxlint-disable-next-line no-control-regex
const OPEN =
  /(?:\r|\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b\u009c]*\u001b?|[ -/]*)|[\u009b\u009d\u0090\u0098\u009e\u009f][^\u0007\u001b\u009c]*)$/
/** A longer sequence is not waited for. */
const LONGEST = 4096
