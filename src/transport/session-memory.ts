import { setFlagsFromString } from 'node:v8'

const bin: { litter: undefined[] } = { litter: [] }

/**
 * Call this with the size of every chunk that arrives and is not kept. V8 counts the few objects around a buffer, not the buffer, so about
 * 64 MB of dead buffers pile up before it collects (its limit for external memory). A little garbage with each chunk makes it collect every
 * few megabytes. That is also faster, because recently used memory is used again.
 */
export const passing = (bytes: number): void => {
  bin.litter = Array.from<undefined>({ length: bytes >> 5 })
}

let small = false

/**
 * Keeps V8's space for new objects at its current size. Otherwise it doubles whenever much of it survives, as everything does during a
 * hundred logins: up to about 48 MB, never given back and not needed again.
 */
export const growNoMore = (): void => {
  if (small) return
  small = true
  setFlagsFromString('--semi-space-growth-factor=1')
}
