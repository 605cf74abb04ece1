import { open } from 'node:fs/promises'
import { ShipitError } from '../values/errors.ts'
import type { Entry } from './local-tree.ts'

/** tar reads and writes in blocks of this size, and pads each file to it (POSIX, pax: ustar interchange format). */
const BLOCK = 512
/** How much of a file is in memory at a time. */
const PIECE = 256 * 1024

/**
 * A tar archive of these entries, in pieces: below `files/`, and at its end an empty file `complete`. `read` is called with the number of
 * bytes of each piece of a file. Throws a ShipitError if a file is not what it was when it was listed.
 */
export async function* archive(entries: readonly Entry[], read: (bytes: number) => void): AsyncGenerator<Buffer> {
  yield header('files/', { type: '5', mode: 0o700, size: 0 })
  for (const entry of entries) {
    const name = `files/${entry.name.slice(2)}`
    if (entry.kind === 'folder') yield header(`${name}/`, { type: '5', mode: 0o700, size: 0 })
    else if (entry.kind === 'link') yield header(name, { type: '2', mode: entry.mode, size: 0, target: entry.target })
    else {
      yield header(name, { type: '0', mode: entry.mode, size: entry.size })
      yield* entry.bytes === undefined ? contents(entry, read) : pieces(entry, entry.bytes, read)
      const rest = entry.size % BLOCK
      if (rest > 0) yield Buffer.alloc(BLOCK - rest)
    }
  }
  yield header('complete', { type: '0', mode: 0o600, size: 0 })
  // GNU tar reads records of 20 blocks
  yield Buffer.alloc(20 * BLOCK)
}

const changedMeanwhile = (at: string): ShipitError =>
  new ShipitError(`${at} changed while it was sent`, { hint: 'run it again when nothing writes to it' })

async function* contents(entry: Entry, read: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = await open(entry.at, 'r')
  try {
    let left = entry.size
    while (left > 0) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, left))
      const { bytesRead } = await file.read(piece, 0, piece.length)
      if (bytesRead === 0) throw changedMeanwhile(entry.at)
      left -= bytesRead
      read(bytesRead)
      yield bytesRead === piece.length ? piece : piece.subarray(0, bytesRead)
    }
    const { size, mtimeMs } = await file.stat()
    if (size !== entry.size || mtimeMs !== entry.changed) throw changedMeanwhile(entry.at)
  } finally {
    await file.close()
  }
}

function* pieces({ at, size }: Entry, bytes: Uint8Array, read: (bytes: number) => void): Generator<Buffer> {
  for (let start = 0; start < size; start += PIECE) {
    // a copy, which nobody changes while it is on its way
    const piece = Buffer.from(bytes.subarray(start, Math.min(start + PIECE, size)))
    if (piece.length < Math.min(PIECE, size - start)) throw changedMeanwhile(at)
    read(piece.length)
    yield piece
  }
}

interface Header {
  readonly type: '0' | '2' | '5' | 'L' | 'K'
  readonly mode: number
  readonly size: number
  readonly target?: string | undefined
}

/** The header of an entry; before it, records with a name or a target that is longer than its field (GNU, also in busybox and bsdtar). */
const header = (name: string, { type, mode, size, target = '' }: Header): Buffer => {
  const [nameBytes, targetBytes] = [Buffer.from(name), Buffer.from(target)]
  return Buffer.concat([
    ...(targetBytes.length > 100 ? longText('K', targetBytes) : []),
    ...(nameBytes.length > 100 ? longText('L', nameBytes) : []),
    block(nameBytes, { type, mode, size }, targetBytes),
  ])
}

const longText = (type: 'L' | 'K', text: Buffer): readonly Buffer[] => {
  const size = text.length + 1
  const padded = Buffer.alloc(Math.ceil(size / BLOCK) * BLOCK)
  text.copy(padded)
  return [block(Buffer.from('././@LongLink'), { type, mode: 0, size }, Buffer.alloc(0)), padded]
}

const block = (name: Buffer, { type, mode, size }: Header, target: Buffer): Buffer => {
  const bytes = Buffer.alloc(BLOCK)
  name.copy(bytes, 0, 0, 100)
  octal(bytes, mode, 100, 8)
  octal(bytes, 0, 108, 8)
  octal(bytes, 0, 116, 8)
  writeSize(bytes, size)
  octal(bytes, 0, 136, 12)
  bytes.write(' '.repeat(8), 148, 'latin1')
  bytes.write(type, 156, 'latin1')
  target.copy(bytes, 157, 0, 100)
  // the magic of GNU, because long names and sizes are written as it does
  bytes.write('ustar  \0', 257, 'latin1')
  octal(
    bytes,
    bytes.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return bytes
}

const octal = (bytes: Buffer, value: number, at: number, width: number): void => {
  bytes.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
}

/** From 8 GiB on, eleven octal digits are too few: then it is a number of 12 bytes, marked by its first bit. */
const writeSize = (bytes: Buffer, size: number): void => {
  if (size < 8 ** 11) return octal(bytes, size, 124, 12)
  bytes.writeUInt8(0x80, 124)
  bytes.writeBigUInt64BE(BigInt(size), 128)
}
