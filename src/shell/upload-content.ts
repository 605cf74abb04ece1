import { usageError } from '../values/errors.ts'
import { humanSize } from '../values/human-size.ts'
import { isSecret } from '../values/secret.ts'

/** What a stream of bytes may be: a `Readable` of Node, a web `ReadableStream`, or anything else that gives pieces one after the other. */
export type ByteStream = AsyncIterable<Uint8Array | string> | { readonly getReader: unknown }

/** Opens a stream. It is called for each host, and again whenever the step runs again. */
export type OpenStream = () => ByteStream | Promise<ByteStream>

/** What is sent instead of a file of this machine. */
export type UploadContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** how much it is, is known when it has ended */
  | { readonly kind: 'stream'; readonly open: OpenStream }

/** The content that `upload()` was given in the place of a path; undefined for a path. Throws a ShipitError for what cannot be sent. */
export const contentOf = (from: string | Uint8Array | OpenStream): UploadContent | undefined => {
  if (typeof from === 'string' && from !== '') return undefined
  if (from instanceof Uint8Array) return { kind: 'bytes', bytes: from }
  if (typeof from === 'function') return { kind: 'stream', open: from }
  if (isByteStream(from))
    throw usageError('upload() as a step takes a function that opens a stream: a stream itself can be read only once', {
      hint: "a step may run on several hosts: upload(() => createReadStream('dump.gz'), '/srv/dump.gz')",
    })
  throw usageError('upload() takes a file or folder of this machine, as text; or bytes, or a function that opens a stream', {
    hint: isSecret(from) || (typeof from === 'object' && from !== null) ? 'write() takes a text or a secret' : undefined,
  })
}

/** Whether a value is a stream by itself, which can be read only once. */
export const isByteStream = (value: unknown): value is ByteStream =>
  typeof value === 'object' &&
  value !== null &&
  (Symbol.asyncIterator in value || typeof (value as { readonly getReader?: unknown }).getReader === 'function')

/** What it is, for the title of the step. */
export const contentName = (content: UploadContent): string => (content.kind === 'bytes' ? humanSize(content.bytes.length) : 'a stream')
