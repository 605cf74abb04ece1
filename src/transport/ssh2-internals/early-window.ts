import type { ClientChannel } from 'ssh2'

/** The private parts of ssh2 (1.17, lib/Channel.js) that are used here. */
interface Internals {
  readonly incoming?: { window?: unknown }
  readonly outgoing?: { readonly id?: unknown; readonly state?: unknown }
  readonly _client?: { readonly _protocol?: { channelWindowAdjust?: (recipient: number, amount: number) => void } }
}

/** How many bytes ssh2 lets a server send before it has to wait (its MAX_WINDOW). */
const WINDOW = 2 * 1024 * 1024
/** From how many bytes on the server gets leave for as many more: four packets, about as with OpenSSH. */
const STEP = 128 * 1024

/**
 * Returns a function to call whenever something that a channel received has been read. It lets the server send as much again. ssh2 does
 * that when half of the window is used up, so that on a long way a server waits nearly half of the time. While nothing is read, nothing is
 * allowed. If ssh2's internals look different, nothing is changed.
 */
export const openWindowEarly = (stream: ClientChannel): (() => void) => {
  const { incoming, outgoing, _client } = stream as unknown as Internals
  const protocol = _client?._protocol
  const adjust = protocol?.channelWindowAdjust
  if (!incoming || !outgoing || !protocol || typeof adjust !== 'function') return () => {}
  return () => {
    const { window } = incoming
    const { id, state } = outgoing
    if (typeof window !== 'number' || typeof id !== 'number' || state === 'closed') return
    const amount = WINDOW - window
    if (amount < STEP) return
    incoming.window = window + amount
    adjust.call(protocol, id, amount)
  }
}
