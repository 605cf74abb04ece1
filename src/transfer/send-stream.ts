import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { bin } from '../shell/bytes.ts'
import type { UploadSpec } from '../shell/transfer-types.ts'
import { isByteStream, type ByteStream, type OpenStream } from '../shell/upload-content.ts'
import { reasonOf } from '../values/error-reason.ts'
import { ShipitError } from '../values/errors.ts'
import { humanSize } from '../values/human-size.ts'
import { compressibleBytes } from './compressible.ts'
import { checkPlace, isOwner } from './decide.ts'
import { Ended, type Dialogue } from './dialogue.ts'
import { openHostFiles } from './host-files.ts'
import { contentMode, nameOf } from './local-tree.ts'

/**
 * Sends a stream, however long, to the program that `upload()` runs on a host, which puts it in place if it differs from what is there.
 * Resolves with what was done, in words, when it is in place. Rejects with a ShipitError if the stream fails, and then nothing has changed.
 */
export const sendStream = async (
  spec: UploadSpec,
  open: OpenStream,
  dialogue: Dialogue,
  progress: (done: number) => void,
): Promise<string> => {
  const { to, when, owner } = spec
  const entry = { kind: 'file', name: `./${nameOf(to)}`, at: 'the stream' } as const
  const name = bin(entry.name)
  const host = await openHostFiles(dialogue, 'file')
  const found = (await host.look([name])).get(name)
  checkPlace(entry, found, to)
  if (when === 'missing' && found !== undefined) {
    await host.done()
    dialogue.finish()
    return 'nothing to send: the file is there'
  }
  const source = await opened(open, to, dialogue)
  const mode = contentMode(spec)
  const adjusted = found?.kind === 'file' && (found.mode !== mode || (owner !== undefined && !isOwner(found, owner)))
  const octal = mode.toString(8).padStart(4, '0')
  try {
    await host.take('stream', [`s ${octal}`, ...(adjusted ? [...(owner === undefined ? [] : [`own ${name}`]), `m ${octal} ${name}`] : [])])
    let sent = 0
    const pieces = piecesOf(source, { to, dialogue }, (bytes) => progress((sent += bytes)))
    const first = await pieces.next()
    const level = first.done || (await compressibleBytes(first.value)) ? 1 : 0
    await pipeline(withFirst(first, pieces), createGzip({ level, chunkSize: 128 * 1024 }), async (compressed: AsyncIterable<Buffer>) => {
      for await (const piece of compressed) await dialogue.send(piece)
    })
    dialogue.finish()
    const how = await dialogue.ask('')
    if (how === 'same') return `${humanSize(sent)} sent, the same as there${adjusted ? '; its mode or owner changed' : ''}`
    return `${humanSize(sent)} sent`
  } finally {
    source.destroy()
  }
}

/** The stream, which ends with the program on the host: whoever writes to it learns that nobody reads any more. */
const opened = async (open: OpenStream, to: string, dialogue: Dialogue): Promise<Readable> => {
  const opening = (async () => toReadable(await open(), to))()
  const over = dialogue.over.then(() => {
    opening.then(
      (source) => source.destroy(),
      () => {},
    )
    throw new Ended()
  })
  try {
    return await Promise.race([opening, over])
  } catch (cause) {
    throw cause instanceof Ended || cause instanceof ShipitError ? cause : failed(to, cause)
  } finally {
    over.catch(() => {})
  }
}

const toReadable = (stream: unknown, to: string): Readable => {
  if (!isByteStream(stream))
    throw new ShipitError(`the function that upload() to ${to} was given returned no stream`, {
      hint: "return a stream of bytes: () => createReadStream('dump.gz')",
    })
  refuseSecondReader(stream, to)
  if (stream instanceof Readable) return stream
  return 'getReader' in stream ? Readable.fromWeb(stream as unknown as ReadableStream) : Readable.from(stream, { objectMode: true })
}

/** Streams, and iterators, that some host reads. */
const read = new WeakSet<object>()

/** Two readers of one stream would each get a part of it, and a stream that has ended would be an empty file. Throws a ShipitError. */
const refuseSecondReader = (stream: ByteStream, to: string): void => {
  const onlyOnce = stream instanceof Readable || 'getReader' in stream || 'next' in stream
  if (!onlyOnce) return
  if (read.has(stream) || (stream instanceof Readable && stream.readableEnded))
    throw new ShipitError(`the stream for ${to} is read already, by another host or before; the file there is as it was`, {
      hint: "a stream can be read only once: open one for each host, () => createReadStream('dump.gz')",
    })
  read.add(stream)
}

const failed = (to: string, cause: unknown): ShipitError =>
  new ShipitError(`the stream for ${to} failed: ${reasonOf(cause)}; the file there is as it was`, { cause })

interface Where {
  readonly to: string
  readonly dialogue: Dialogue
}

async function* piecesOf(source: Readable, { to, dialogue }: Where, read: (bytes: number) => void): AsyncGenerator<Buffer, undefined> {
  let over = false
  void dialogue.over.then(() => (over = true))
  try {
    for await (const piece of source as AsyncIterable<unknown>) {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) throw new TypeError('it gives objects, and not bytes')
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
      read(bytes.length)
      if (bytes.length > 0) yield bytes
    }
    return undefined
  } catch (cause) {
    // it was destroyed, because the program on the host has ended
    throw over ? new Ended() : failed(to, cause)
  }
}

async function* withFirst(first: IteratorResult<Buffer, undefined>, rest: AsyncGenerator<Buffer, undefined>): AsyncGenerator<Buffer> {
  if (!first.done) yield first.value
  yield* rest
}
