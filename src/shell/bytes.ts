import { excerpt } from '../redact/mask.ts'
import { usageError } from '../values/errors.ts'

/**
 * Bytes as a string, one character per byte. Shell text is assembled in this form, because arguments need not be UTF-8
 * and strings are easier to join than buffers. {@link toBuffer} turns it into bytes at the end.
 */
export type Bin = string

/** The bytes of text (as UTF-8) or of an array. Throws a ShipitError on NUL and on half a surrogate pair, which no shell can take. */
export const bin = (value: string | Uint8Array): Bin => {
  const bytes = typeof value === 'string' ? utf8(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
  if (bytes.includes('\0')) {
    throw usageError(`a NUL byte cannot be part of a command: ${JSON.stringify(excerpt(toText(bytes), MOST))}`, {
      hint: 'no argument of a program can contain one; send such data as a file',
    })
  }
  return bytes
}

export const toBuffer = (bytes: Bin): Buffer => Buffer.from(bytes, 'latin1')

/** Text to display: bytes that are not UTF-8 become U+FFFD. */
export const toText = (bytes: Bin): string => toBuffer(bytes).toString('utf8')

const utf8 = (text: string): Bin => {
  if (ASCII.test(text)) return text
  if (!text.isWellFormed()) throw usageError(`not text: ${JSON.stringify(excerpt(text, MOST))} contains half a surrogate pair`)
  return Buffer.from(text, 'utf8').toString('latin1')
}

// oxlint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\u0000-\u007f]*$/

const MOST = 60
