import { setFlagsFromString } from 'node:v8'

const garbage: { latest: undefined[] } = { latest: [] }

/**
 * Call this with the size of every chunk that arrives and is not kept. V8 counts the few objects around a buffer, not the buffer, so about
 * 64 MB of dead buffers pile up before it collects (its limit for external memory). A little garbage per chunk makes it collect every few
 * megabytes, which is also faster, because memory is reused while it is in the cache.
 */
export const noteDiscarded = (bytes: number): void => {
  garbage.latest = Array.from<undefined>({ length: bytes >> 5 })
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
