import { setFlagsFromString } from 'node:v8'

const bin: { litter: undefined[] } = { litter: [] }

/**
 * Called with the size of every chunk that came and is not kept. V8 counts the few objects around a buffer, not the buffer: it lets some
 * 64 MB of dead ones pile up before it looks (its limit for external memory). Throwing away a little beside each makes it look every few
 * megabytes, which is also faster: memory that was just used is used again.
 */
export const passing = (bytes: number): void => {
  bin.litter = Array.from<undefined>({ length: bytes >> 5 })
}

let small = false

/**
 * Keeps V8's space for new objects at the size it has. It doubles whenever much of it survives, as everything does while a hundred logins
 * are under way, up to some 48 MB that are never given back, of which nothing is needed again.
 */
export const growNoMore = (): void => {
  if (small) return
  small = true
  setFlagsFromString('--semi-space-growth-factor=1')
}
