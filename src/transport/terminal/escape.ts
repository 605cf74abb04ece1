/** What is typed, without escapes. */
export interface Typed {
  /** for the host */
  readonly bytes: Buffer
  /** `~.` was typed at the start of a line: the terminal is to be closed. What follows it is dropped. */
  readonly closed: boolean
}

const CR = 0x0d
const LF = 0x0a
const TILDE = 0x7e
const DOT = 0x2e

/**
 * The escape of ssh (`man ssh`, ESCAPE CHARACTERS), because Ctrl-C goes to the host, which may not answer any more: at the start of a line,
 * `~.` closes the terminal, and `~~` is one `~`. A `~` before anything else is typed as it is.
 */
export const escapeFilter = (): ((chunk: Buffer) => Typed) => {
  let state: 'start' | 'tilde' | 'middle' = 'start'
  return (chunk) => {
    const bytes: number[] = []
    for (const byte of chunk) {
      if (state === 'start' && byte === TILDE) {
        state = 'tilde'
        continue
      }
      if (state === 'tilde' && byte === DOT) return { bytes: Buffer.from(bytes), closed: true }
      if (state === 'tilde' && byte !== TILDE) bytes.push(TILDE)
      bytes.push(byte)
      state = byte === CR || byte === LF ? 'start' : 'middle'
    }
    return { bytes: Buffer.from(bytes), closed: false }
  }
}
