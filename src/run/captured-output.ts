/** How many bytes of output code may read from one script. More is an error, because a part would pass for the whole. */
const MAX_BYTES = 64 * 1024 * 1024

type Stream = 'stdout' | 'stderr'

/** The output of a script, for code to read. */
export interface CapturedOutput {
  add(id: number, stream: Stream, chunk: Buffer): void
  text(id: number, stream: Stream): string
  bytes(id: number, stream: Stream): Buffer
  /** Forgets what an attempt of a step has printed: the next one begins. */
  drop(id: number, stream: Stream): void
  /** aborted when there is too much; nothing is kept after that */
  readonly full: AbortSignal
  /** the step that printed too much */
  culprit(): number | undefined
}

export const createCapture = (maxBytes = MAX_BYTES): CapturedOutput => {
  const chunks = new Map<string, Buffer[]>()
  const full = new AbortController()
  let bytes = 0
  let culprit: number | undefined
  const bytesOf = (id: number, stream: Stream): Buffer => Buffer.concat(chunks.get(`${id} ${stream}`) ?? [])
  return {
    add: (id, stream, chunk) => {
      if (full.signal.aborted) return
      bytes += chunk.length
      if (bytes > maxBytes) {
        culprit = id
        chunks.clear()
        return full.abort()
      }
      const key = `${id} ${stream}`
      const earlier = chunks.get(key)
      if (earlier) earlier.push(chunk)
      else chunks.set(key, [chunk])
    },
    text: (id, stream) => bytesOf(id, stream).toString('utf8'),
    bytes: bytesOf,
    drop: (id, stream) => {
      const key = `${id} ${stream}`
      for (const chunk of chunks.get(key) ?? []) bytes -= chunk.length
      chunks.delete(key)
    },
    full: full.signal,
    culprit: () => culprit,
  }
}

export const TOO_MUCH_OUTPUT = `it printed more than ${MAX_BYTES / 1024 / 1024} MB, the most that shipit reads`

export const LESS_OUTPUT_HINT = 'print less on the host (grep, head, wc), or write it to a file there (command > file)'
