import { cleanText } from '../events/clean.ts'
import { createRedactor } from '../events/redact.ts'
import type { Target } from './writer.ts'

export interface Claim {
  /** where the tree itself writes */
  readonly target: Target
  /** Gives the streams back as they were. */
  release(): void
}

/**
 * While a tree is drawn nobody else may write to the terminal: a `console.log` in a config would tear the frame. What others
 * write is shown above it instead, redacted. A stream that is not this process's own is left alone.
 */
export const claim = (stdout: Target, show: (lines: string[]) => void): Claim => {
  if (stdout !== process.stdout) return { target: stdout, release: () => undefined }
  const streams = [process.stdout, process.stderr].filter((stream) => stream.isTTY)
  const { text } = createRedactor()
  const given = streams.map((stream) => [stream, stream.write] as const)
  const write = process.stdout.write.bind(process.stdout)
  for (const stream of streams) {
    stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      const written = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      if (written !== '') show(cleanText(text(written), true).replace(/\n$/, '').split('\n'))
      const done = rest.find((one): one is () => void => typeof one === 'function')
      if (done) process.nextTick(done)
      return true
    }
  }
  const target = new Proxy(process.stdout, { get: (real, key) => (key === 'write' ? write : bound(real, key)) })
  return { target, release: () => given.forEach(([stream, original]) => (stream.write = original)) }
}

const bound = (stream: NodeJS.WriteStream, key: string | symbol): unknown => {
  const value: unknown = Reflect.get(stream, key)
  return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(stream) : value
}
