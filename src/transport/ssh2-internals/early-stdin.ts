import type { Client } from 'ssh2'

/** The private parts of ssh2 (1.17) that are used here. */
interface Internals {
  readonly _protocol?: Protocol
  readonly _chanMgr?: { get?: (id: number) => unknown }
}
interface Protocol {
  session?: (id: number, window: number, packet: number) => void
  exec?: (recipient: number, command: string, reply: boolean) => void
  channelData?: (recipient: number, data: Buffer) => void
}
interface OpenChannel {
  readonly outgoing: { readonly id: number; window: number }
}

/** Calls `client.exec`, with `first` on the channel's stdin at once. If `sent()` is false, the caller has to write it. */
export type ExecWith = (first: string | undefined, exec: () => void) => { readonly sent: () => boolean }

/**
 * Sends the first bytes for stdin right after a channel's `exec` request, without waiting a round trip for the answer: a server processes
 * requests and data of a channel in order (RFC 4254 §5, §6.5). ssh2 provides a channel only after the answer. If ssh2's internals look
 * different, nothing is sent.
 */
export const sendEarlyStdin = (client: Client): ExecWith => {
  const { _protocol: protocol, _chanMgr: channels } = client as unknown as Internals
  if (!protocol?.session || !protocol.exec || !protocol.channelData || !channels?.get) {
    return (_first, exec) => (exec(), { sent: () => false })
  }
  const { session, exec, channelData } = protocol
  /** by our channel number, until the exec request is sent */
  const waiting = new Map<number, { readonly first: Buffer; sent: boolean }>()
  let opening: { readonly first: Buffer; sent: boolean } | undefined
  protocol.session = (id, window, packet) => {
    if (opening) waiting.set(id, opening)
    session.call(protocol, id, window, packet)
  }
  protocol.exec = (recipient, command, reply) => {
    exec.call(protocol, recipient, command, reply)
    for (const [id, early] of waiting) {
      const channel = channels.get!(id) as Partial<OpenChannel> | undefined
      if (channel?.outgoing?.id !== recipient) continue
      waiting.delete(id)
      early.sent = true
      channelData.call(protocol, recipient, early.first)
      channel.outgoing.window -= early.first.length
    }
  }
  return (first, start) => {
    if (first === undefined) return (start(), { sent: () => false })
    const early = { first: Buffer.from(first), sent: false }
    // ssh2 requests the channel before exec() returns
    opening = early
    start()
    opening = undefined
    return { sent: () => early.sent }
  }
}
