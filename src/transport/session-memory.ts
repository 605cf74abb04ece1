const bin: { litter: undefined[] } = { litter: [] }

/**
 * Called with the size of every chunk that came and is not kept. V8 counts the few objects around a buffer, not the buffer: it lets some
 * 64 MB of dead ones pile up before it looks (its limit for external memory). Throwing away a little beside each makes it look every few
 * megabytes, which is also faster: memory that was just used is used again.
 */
export const passing = (bytes: number): void => {
  bin.litter = Array.from<undefined>({ length: bytes >> 5 })
}
