import type { Renderer } from '../events/types.ts'
import { createStrayText } from './straytext.ts'
import type { Target } from './writer.ts'

type Stream = 'stdout' | 'stderr'
/** Gets what others wrote, redacted and cleaned, and the stream it was for; `write` still writes there. */
export type Stray = (text: string, stream: Stream, write: (text: string, to?: Stream) => void) => void

export interface Claim {
  /** where the renderer itself writes */
  readonly target: Target
  /** stderr, for the renderer alone */
  readonly errors: Target
  /** Restores the streams. */
  release(): void
}

/**
 * While a renderer has stdout, what others write there (a `console.log` in a config) must show no secret, and break neither a tree nor
 * JSON: it is redacted, cleaned and passed to `stray`. A stream that does not belong to this process is left alone.
 */
export const claim = (stdout: Target, stray: Stray): Claim => {
  if (stdout !== process.stdout) return { target: stdout, errors: process.stderr, release: () => undefined }
  const streams = { stdout: process.stdout, stderr: process.stderr }
  const given = { stdout: process.stdout.write, stderr: process.stderr.write }
  const write = (stream: Stream) => (raw ?? given)[stream].bind(streams[stream])
  take((text, name) => stray(text, name, (line, to = name) => void write(to)(line)))
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

/** The original writers, while {@link guard} has the streams. */
let raw: { readonly stdout: typeof process.stdout.write; readonly stderr: typeof process.stderr.write } | undefined

/**
 * The same for the whole process, before and after a renderer has the streams: for what a config prints while it loads. `stdout`: where its
 * stdout goes, which is stderr if a program reads ours. Returns a function that removes the guard.
 */
export const guard = (stdout: Stream): (() => void) => {
  const before = { stdout: process.stdout.write, stderr: process.stderr.write }
  raw ??= before
  const real = raw
  take((text, name) => {
    const to = name === 'stdout' ? stdout : name
    real[to].call(process[to], text)
  })
  return () => {
    Object.assign(process.stdout, { write: before.stdout })
    Object.assign(process.stderr, { write: before.stderr })
    if (raw === before) raw = undefined
  }
}

/** Writes to the real stdout, even while it is guarded, or claimed under a guard. */
export const writeOut = (text: string): void => void (raw?.stdout ?? process.stdout.write).call(process.stdout, text)

const take = (stray: (text: string, stream: Stream) => void): void => {
  for (const name of ['stdout', 'stderr'] as const) {
    const shown = createStrayText(name)
    process[name].write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      const text = shown(chunk)
      if (text !== '') stray(text, name)
      const done = rest.find((one): one is () => void => typeof one === 'function')
      if (done) process.nextTick(done)
      return true
    }
  }
}

/** A renderer of lines under a {@link claim}, until it ends. */
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
