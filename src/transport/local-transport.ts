import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Host } from '../inventory/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { ownName } from '../inventory/account.ts'
import { drained } from './drained.ts'
import type { Channel, ChannelSink, ConnectOptions, Connection, Transport } from './types.ts'

/** This machine as a host: every channel is a `/bin/sh` child in a session and process group of its own. */
export const localTransport = (): Transport => ({ connect: connectLocal })

const connectLocal = async (host: Host, { signal }: ConnectOptions): Promise<Connection> => {
  signal.throwIfAborted()
  const channels = new Set<Channel>()
  return {
    address: `${ownName() ?? process.getuid?.()}@localhost`,
    lost: new Promise(() => {}),
    open: (sink, options) => openShell(host, sink, channels, options?.first),
    attach: async (script, options) => (await import('./terminal/attach-local.ts')).attachLocal(script, options),
    forward: async (hostname, port) => {
      const socket = connect(port, hostname)
      await once(socket, 'connect')
      return socket
    },
    close: async () => {
      for (const channel of channels) channel.close()
    },
    leave: () => {
      for (const channel of channels) channel.end()
    },
  }
}

const openShell = async (host: Host, sink: ChannelSink, channels: Set<Channel>, first?: string): Promise<Channel> => {
  // a session of its own, as with sshd: Ctrl-C in this terminal reaches only shipit, which ends the groups in order
  const child = spawn('/bin/sh', { detached: true, stdio: 'pipe', env: process.env })
  let closed = false
  const close = (code: number | undefined, signal: string | undefined): void => {
    if (closed) return
    closed = true
    channels.delete(channel)
    sink.close({ code, signal, lost: undefined })
  }
  const channel: Channel = {
    write: (bytes) => void child.stdin.write(bytes),
    drained: () => drained(child.stdin),
    end: () => void child.stdin.end(),
    pause: () => void child.stdout.pause(),
    resume: () => void child.stdout.resume(),
    close: () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
      child.unref()
      close(child.exitCode ?? undefined, child.signalCode ?? undefined)
    },
  }
  // a shell that has ended reads nothing: how it ended explains that, EPIPE does not
  child.stdin.on('error', () => {})
  child.stdout.on('data', (chunk: Buffer) => sink.stdout(chunk))
  child.stderr.on('data', (chunk: Buffer) => sink.stderr(chunk))
  child.on('close', (code, signal) => close(code ?? undefined, signal ?? undefined))
  try {
    await once(child, 'spawn')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ShipitError(`cannot start /bin/sh on this machine: ${reason}`, { exit: EXIT.unreachable, host: host.name, cause })
  }
  channels.add(channel)
  if (first !== undefined) channel.write(first)
  return channel
}
