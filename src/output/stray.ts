import { createRedactor } from '../events/redact.ts'
import type { Renderer } from '../events/types.ts'
import type { Target } from './writer.ts'

type Stream = 'stdout' | 'stderr'
/** Gets what others wrote, redacted, with the stream that it was for; `write` writes there all the same. */
export type Stray = (text: string, stream: Stream, write: (text: string, to?: Stream) => void) => void

export interface Claim {
  /** where the renderer itself writes */
  readonly target: Target
  /** the standard error, for the renderer alone */
  readonly errors: Target
  /** Gives the streams back as they were. */
  release(): void
}

/**
 * While a renderer has the standard output, what others write there (a `console.log` in a config) shows no secret, tears no tree and
 * is no line among JSON: it is redacted and given to `stray`. A stream that is not this process's own is left alone.
 */
export const claim = (stdout: Target, stray: Stray): Claim => {
  if (stdout !== process.stdout) return { target: stdout, errors: process.stderr, release: () => undefined }
  const { text } = createRedactor()
  const streams = { stdout: process.stdout, stderr: process.stderr }
  const given = { stdout: process.stdout.write, stderr: process.stderr.write }
  const write = (stream: Stream) => given[stream].bind(streams[stream])
  for (const name of ['stdout', 'stderr'] as const) {
    streams[name].write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      const written = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      if (written !== '') stray(text(written), name, (line, to = name) => void write(to)(line))
      const done = rest.find((one): one is () => void => typeof one === 'function')
      if (done) process.nextTick(done)
      return true
    }
  }
  const own = (stream: Stream): Target => {
    const through = write(stream)
    return new Proxy(streams[stream], { get: (real, key) => (key === 'write' ? through : bound(real, key)) })
  }
  return {
    target: own('stdout'),
    errors: own('stderr'),
    release: () => {
      for (const name of ['stdout', 'stderr'] as const) streams[name].write = given[name]
    },
  }
}

/** A renderer of lines under a {@link claim}, until it has ended. */
export const claiming = (stdout: Target, stray: Stray, create: (target: Target, errors: Target) => Renderer): Renderer => {
  const { target, errors, release } = claim(stdout, stray)
  const renderer = create(target, errors)
  return {
    ...renderer,
    end: async () => {
      await renderer.end?.()
      release()
    },
  }
}

const bound = (stream: NodeJS.WriteStream, key: string | symbol): unknown => {
  const value: unknown = Reflect.get(stream, key)
  return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(stream) : value
}
