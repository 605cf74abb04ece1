/** An entry of an archive as it is read; what is in it follows in pieces. */
export interface ArchiveEntry {
  /** as bytes, one a character (latin1) */
  readonly name: string
  /** `twin`: the same file as an earlier entry, its target, under a second name (a hard link) */
  readonly kind: 'file' | 'link' | 'twin' | 'other'
  readonly mode: number
  readonly size: number
  /** of a link or a twin */
  readonly target: string
}

export interface ArchiveSink {
  entry(entry: ArchiveEntry): Promise<void>
  /** of the last entry, a file */
  piece(bytes: Buffer): Promise<void>
}

const BLOCK = 512

/**
 * Reads tar archives, one after the other, as GNU tar, busybox and bsdtar write them. Resolves at the end of the source, with whether the last
 * one had its own end, which a cut one lacks.
 */
export const readArchive = async (source: AsyncIterable<Buffer>, sink: ArchiveSink): Promise<boolean> => {
  const reader = new BlockReader(source)
  /** what records before an entry say about it: a longer name, target or size than its header can hold */
  let extra: Readonly<Record<string, string>> = {}
  let atEnd = false
  for (;;) {
    const header = await reader.exactly(BLOCK)
    if (header === undefined) return atEnd
    // after its end comes padding, or another archive
    atEnd = header.every((byte) => byte === 0)
    if (atEnd) continue
    const type = String.fromCharCode(header[156]!)
    const size = extra['size'] === undefined ? numberAt(header, 124, 12) : Number(extra['size'])
    if ('LKxg'.includes(type)) {
      const text = await reader.exactly(padded(size))
      if (text === undefined) return false
      extra = { ...extra, ...recordsOf(type, text.subarray(0, size)) }
      continue
    }
    const kind = KINDS[type] ?? 'other'
    const name = extra['path'] ?? nameIn(header)
    await sink.entry({ name, kind, mode: numberAt(header, 100, 8) & 0o777, size, target: extra['linkpath'] ?? textAt(header, 157, 100) })
    extra = {}
    if (kind !== 'link' && kind !== 'twin' && !(await reader.pass(size, kind === 'file' ? (bytes) => sink.piece(bytes) : async () => {})))
      return false
  }
}

const KINDS: Readonly<Record<string, ArchiveEntry['kind']>> = { '0': 'file', '\0': 'file', '7': 'file', '1': 'twin', '2': 'link' }

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK

const textAt = (header: Buffer, at: number, length: number): string => {
  const field = header.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('latin1', 0, end < 0 ? length : end)
}

/** Octal digits, or, if the first bit is set, a number of that many bytes. */
const numberAt = (header: Buffer, at: number, length: number): number =>
  (header[at]! & 0x80) === 0
    ? Number.parseInt(textAt(header, at, length).trim() || '0', 8)
    : Number(BigInt.asUintN(63, header.readBigUInt64BE(at + length - 8)))

/** The name, with the prefix that POSIX archives may have. GNU's magic differs, and has other things in that place. */
const nameIn = (header: Buffer): string => {
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? textAt(header, 345, 155) : ''
  return `${prefix}${prefix === '' ? '' : '/'}${textAt(header, 0, 100)}`
}

/** A long name (L) or target (K) of GNU; or records of POSIX (x): `LENGTH KEY=VALUE`, a line each. Those for all entries (g) are not used. */
const recordsOf = (type: string, text: Buffer): Readonly<Record<string, string>> => {
  const bytes = text.toString('latin1')
  if (type === 'L' || type === 'K') return { [type === 'L' ? 'path' : 'linkpath']: bytes.replace(/\0.*$/s, '') }
  const found: Record<string, string> = {}
  for (let rest = type === 'x' ? bytes : ''; rest !== '';) {
    const length = Number.parseInt(rest, 10)
    if (!(length > 0)) break
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(rest.slice(0, length)) ?? []
    if (key !== undefined) found[key] = value!
    rest = rest.slice(length)
  }
  return found
}

class BlockReader {
  readonly #source: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next bytes; undefined if the source ends before. */
  async exactly(size: number): Promise<Buffer | undefined> {
    const pieces: Buffer[] = []
    let left = size
    while (left > 0) {
      const piece = await this.#take(left)
      if (piece === undefined) return undefined
      pieces.push(piece)
      left -= piece.length
    }
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
  }

  /** Passes on the next bytes as they come, and skips their padding. Resolves with false if the source ends before. */
  async pass(size: number, to: (bytes: Buffer) => Promise<void>): Promise<boolean> {
    for (let left = size; left > 0;) {
      const piece = await this.#take(left)
      if (piece === undefined) return false
      left -= piece.length
      await to(piece)
    }
    return size % BLOCK === 0 || (await this.exactly(BLOCK - (size % BLOCK))) !== undefined
  }

  async #take(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#source.next()
      if (done) return undefined
      this.#rest = value
    }
    const taken = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(taken.length)
    return taken
  }
}
