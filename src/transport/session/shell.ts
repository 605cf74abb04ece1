import { masked } from '../../redact/mask.ts'
import type { Host } from '../../inventory/types.ts'
import { hello } from '../../shell/compile.ts'
import { frameReader } from '../../shell/frames.ts'
import type { FrameReader, FrameSink } from '../../shell/types.ts'
import { EXIT, ShipitError } from '../../values/errors.ts'
import { noteDiscarded } from '../memory.ts'
import type { Channel, ChannelEnd, Connection } from '../types.ts'

/** A shell on the host that has sent its hello: from then on, a script takes one round trip. */
export interface Shell {
  /** of the shell and of its process group */
  readonly pid: number
  readonly closed: Promise<ChannelEnd>
  /** Sets where its frames and output go. Until then they are dropped. */
  attach(sink: FrameSink): void
  write(bytes: Buffer | string): void
  drained(): Promise<void>
  /** EOF on its stdin */
  end(): void
  pause(): void
  resume(): void
  /** From now on, no byte of stdout is held back for long because a marker may begin with it: what sends the next one may wait for an answer. */
  hurry(): void
  close(): void
}

export interface ShellOptions {
  readonly token: string
  readonly agent?: boolean
  /** milliseconds until a silent account counts as one without a shell */
  readonly shellTimeout?: number
  /** called for every piece of output */
  outputArrived?(): void
}

/** How long bytes that may begin a marker are held back in a hurry, in milliseconds: until the rest of it has come, if it is one. */
const HELD_MS = 20

/** How many bytes of what an account prints instead of a hello are kept for the error. */
const NOISE = 2000

/**
 * Opens a channel and waits for its hello. Rejects with the error of `connection.open`, with the reason of a lost connection, or with a
 * ShipitError (exit 3) if the account gives no shell.
 */
export const openShell = async (host: Host, connection: Connection, options: ShellOptions): Promise<Shell> => {
  const noise = recent(NOISE)
  const greeting = Promise.withResolvers<number>()
  const closed = Promise.withResolvers<ChannelEnd>()
  let greeted = false
  let sink: FrameSink = {
    frame: (frame) => {
      if (frame.type !== 'hello') return
      greeted = true
      greeting.resolve(frame.pid)
    },
    output: (_id, _stream, chunk) => noise.add(chunk),
  }
  // it may reject before anything awaits it
  greeting.promise.catch(() => {})
  const reader = frameReader(options.token, {
    frame: (frame) => sink.frame(frame),
    ending: (frame) => sink.ending?.(frame),
    again: (id, stream) => sink.again?.(id, stream),
    output: (id, stream, chunk) => sink.output(id, stream, chunk),
  })
  const haste = releaseInHaste(reader)
  const arrived = (chunk: Buffer): void => {
    noteDiscarded(chunk.length)
    options.outputArrived?.()
  }
  const channel = await connection.open(
    {
      stdout: (chunk) => {
        arrived(chunk)
        reader.stdout(chunk)
        haste.arrived()
      },
      stderr: (chunk) => {
        arrived(chunk)
        reader.stderr(chunk)
      },
      close: (end) => {
        haste.stop()
        if (!greeted) greeting.reject(end.lost ?? noShell(host, noise.text(), howItEnded(end)))
        closed.resolve(end)
      },
    },
    { first: hello(options.token), ...(options.agent ? { agent: true } : {}) },
  )
  const shellTimeout = options.shellTimeout ?? 30_000
  const timer = setTimeout(() => {
    greeting.reject(noShell(host, noise.text(), `no answer after ${shellTimeout / 1000} s`))
    channel.close()
  }, shellTimeout)
  const pid = await greeting.promise.finally(() => clearTimeout(timer))
  sink = { frame: () => {}, output: () => {} }
  const attach = (to: FrameSink): void => void (sink = to)
  return { pid, closed: closed.promise, attach, hurry: haste.hurry, ...inputOf(channel) }
}

/** Releases what the reader holds back a little later, once it has to hurry. */
const releaseInHaste = (reader: FrameReader) => {
  let hurried = false
  let held: NodeJS.Timeout | undefined
  const arrived = (): void => {
    clearTimeout(held)
    if (hurried && reader.holds()) held = setTimeout(() => reader.release(), HELD_MS)
  }
  const hurry = (): void => {
    hurried = true
    arrived()
  }
  return { arrived, hurry, stop: () => clearTimeout(held) }
}

const inputOf = (channel: Channel): Omit<Shell, 'pid' | 'closed' | 'attach' | 'hurry'> => ({
  write: (bytes) => {
    noteDiscarded(bytes.length)
    channel.write(bytes)
  },
  drained: () => channel.drained(),
  end: () => channel.end(),
  pause: () => channel.pause(),
  resume: () => channel.resume(),
  close: () => channel.close(),
})

/** `exit 1`, `SIGKILL`: how a channel ended, for messages. */
export const howItEnded = (end: ChannelEnd): string => {
  // RFC 4254 names signals without SIG, ssh2 and Node with it
  if (end.signal !== undefined) return `SIG${end.signal.replace(/^SIG/, '')}`
  return end.code === undefined ? 'no exit code' : `exit ${end.code}`
}

/** The error for an account in which `exec /bin/sh` gives no shell; `printed` is what it printed instead. */
export const noShell = (host: Host, printed: string, ending: string): ShipitError =>
  new ShipitError(`the account gives no shell (${ending})${printed === '' ? '' : `; it printed: ${printed}`}`, {
    exit: EXIT.unreachable,
    host: host.name,
    hint: 'log in by hand and run `exec /bin/sh`: its login shell must allow that, and no forced command or start-up file may interfere',
  })

/** Keeps the last `size` bytes, as printable text without secrets. More than that is kept before masking, so that no secret is cut. */
export const recent = (size: number): { add(chunk: Buffer): void; text(): string } => {
  let kept = Buffer.alloc(0)
  return {
    add: (chunk) => {
      kept = Buffer.concat([kept, chunk]).subarray(-4 * size)
    },
    text: () =>
      masked(kept.toString())
        // oxlint-disable-next-line no-control-regex -- what a host prints must not move our cursor
        .replace(/[\u0000-\u0009\u000b-\u001f\u007f]+/g, ' ')
        .slice(-size)
        .trim(),
  }
}
