import { cleanText } from '../redact/clean.ts'
import { createRedactor } from '../redact/redact.ts'
import { carryOver } from '../redact/search.ts'
import { isLent } from './lent-terminal.ts'

/**
 * Makes what other code writes to a stream of this process safe to show: no secrets, and no control sequences except colours, like the
 * output of hosts. Holds back a sequence or character that arrives in two writes until it is whole.
 */
export const createInterceptedText = (stream: 'stdout' | 'stderr'): ((chunk: string | Uint8Array) => string) => {
  const redactor = createRedactor()
  const decoder = new TextDecoder()
  let held = ''
  let carry = ''
  return (chunk) => {
    const written = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    // a prompt moves the cursor while you answer it
    if (isAsking() && process[stream].isTTY) return redactor.text(written)
    const all = held + written
    const open = OPEN.exec(all)
    held = open !== null && open[0].length < LONGEST ? open[0] : ''
    const clean = cleanText(all.slice(0, all.length - held.length).replace(/\r\n?/g, '\n'), true)
    const shown = redactor.text(clean, [carry])
    for (const line of cleanText(clean).split('\n')) carry = carryOver(carry, line)
    return shown
  }
}

/**
 * Whether the user's code is waiting for an answer from the keyboard: until then, the terminal belongs to it. Only `process.stdin` is
 * checked, which readline and prompt packages read.
 */
export const isAsking = (): boolean => isLent() || (own === 0 && process.stdin.isTTY && process.stdin.readableFlowing === true)

/** While shipit itself asks for a line, which is not echoed, {@link isAsking} is false: everything else goes on. */
export const askOurselves = async <T>(ask: () => Promise<T>): Promise<T> => {
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
