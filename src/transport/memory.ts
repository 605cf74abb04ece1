import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** After how many bytes V8 is to look for buffers that are no longer used. */
const EVERY = 4 * 1024 * 1024

let discarded = 0
let collectNew: (() => void) | undefined

/**
 * Call this with the size of every chunk that arrives or is sent, and is not kept. V8 collects new objects when their space is full, and
 * counts the few objects around a buffer there, not the buffer. So dead buffers pile up to its limit for external memory, and then it
 * collects everything: 30 ms of processor time for each 10 MB of a file. To collect new objects takes half a millisecond.
 */
export const noteDiscarded = (bytes: number): void => {
  discarded += bytes
  if (discarded < EVERY) return
  discarded = 0
  collectNew ??= collector()
  collectNew()
}

/** V8's own function for it, which only a context has that is made while the flag is set. */
const collector = (): (() => void) => {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  // V8 may allow itself so little growth that the buffers between two collections reach the limit: then it collects everything all the time
  setFlagsFromString('--heap-growing-percent=100')
  return typeof gc === 'function' ? () => void gc({ type: 'minor' }) : () => {}
}

let limited = false

/** Bytes of which small buffers are cut. One that is kept keeps all of them: each of a hundred connections would keep Node's 64 kB. */
const POOL = 8192

/**
 * Keeps V8's space for new objects at its current size. Otherwise it doubles whenever much of it survives, as everything does during a
 * hundred logins: up to about 48 MB, which it never returns and does not need again. Does the same for the pool of Node's small buffers.
 */
export const limitNewSpace = (): void => {
  if (limited) return
  limited = true
  setFlagsFromString('--semi-space-growth-factor=1')
  Buffer.poolSize = POOL
}
