import type { Renderer } from '../events/types.ts'
import { createInterceptedText } from './intercepted-text.ts'
import type { Target } from './writer.ts'

type Stream = 'stdout' | 'stderr'
/** Gets what other code writes, redacted and cleaned, and the stream that it is for; `write` writes to the real one. */
export type OnWrite = (text: string, stream: Stream, write: (text: string, to?: Stream) => void) => void

export interface Interception {
  /** stdout, for the renderer alone */
  readonly target: Target
  /** stderr, for the renderer alone */
  readonly errors: Target
  /** Restores the streams. */
  release(): void
}

/**
 * While a renderer writes to stdout, what other code writes there (a `console.log` in a config) must show no secret, and break neither a
 * tree nor JSON: it is redacted, cleaned and passed to `onWrite`. Does nothing unless `stdout` is that of this process.
 */
export const intercept = (stdout: Target, onWrite: OnWrite): Interception => {
  if (stdout !== process.stdout) return { target: stdout, errors: process.stderr, release: () => undefined }
  const streams = { stdout: process.stdout, stderr: process.stderr }
  const given = { stdout: process.stdout.write, stderr: process.stderr.write }
  intercepted ??= given
  const write = (stream: Stream) => (raw ?? given)[stream].bind(streams[stream])
  replaceWriters((text, name) => onWrite(text, name, (line, to = name) => void write(to)(line)))
  const own = (stream: Stream): Target => {
    const through = write(stream)
    return new Proxy(streams[stream], { get: (real, key) => (key === 'write' ? through : bound(real, key)) })
  }
  return {
    target: own('stdout'),
    errors: own('stderr'),
    release: () => {
      if (intercepted === given) intercepted = undefined
      for (const name of ['stdout', 'stderr'] as const) streams[name].write = given[name]
    },
  }
}

/** The original writers, while {@link guardStreams} has replaced them. */
let raw: Writers | undefined
/** The same, while a renderer has replaced them. */
let intercepted: Writers | undefined
interface Writers {
  readonly stdout: typeof process.stdout.write
  readonly stderr: typeof process.stderr.write
}

/**
 * The same for the whole process, for what a config prints before and after a renderer writes. `stdout`: where its stdout goes, which is
 * stderr if a program reads ours. Returns a function that restores the streams.
 */
export const guardStreams = (stdout: Stream): (() => void) => {
  const before = { stdout: process.stdout.write, stderr: process.stderr.write }
  raw ??= before
  const real = raw
  replaceWriters((text, name) => {
    const to = name === 'stdout' ? stdout : name
    real[to].call(process[to], text)
  })
  return () => {
    Object.assign(process.stdout, { write: before.stdout })
    Object.assign(process.stderr, { write: before.stderr })
    if (raw === before) raw = undefined
  }
}

/** Writes bytes to the real stream as they are, even while it is intercepted. */
export const rawWriter = (name: Stream): ((bytes: Uint8Array) => boolean) =>
  (raw ?? intercepted)?.[name].bind(process[name]) ?? process[name].write.bind(process[name])

/** Writes to the real stdout, even while it is intercepted. */
export const writeOut = (text: string): void => void (raw?.stdout ?? process.stdout.write).call(process.stdout, text)

const replaceWriters = (onWrite: (text: string, stream: Stream) => void): void => {
  for (const name of ['stdout', 'stderr'] as const) {
    const shown = createInterceptedText(name)
    process[name].write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      const text = shown(chunk)
      if (text !== '') onWrite(text, name)
      const done = rest.find((one): one is () => void => typeof one === 'function')
      if (done) process.nextTick(done)
      return true
    }
  }
}

/** A renderer that intercepts the streams until it ends. */
export const withInterception = (stdout: Target, onWrite: OnWrite, create: (target: Target, errors: Target) => Renderer): Renderer => {
  const { target, errors, release } = intercept(stdout, onWrite)
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
