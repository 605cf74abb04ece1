/** How many bytes of output code may read from one script. More is an error, because a part would pass for the whole. */
const MOST_KEPT = 64 * 1024 * 1024

type Stream = 'stdout' | 'stderr'

/** What a script prints, for code to read. */
export interface Kept {
  add(id: number, stream: Stream, chunk: Buffer): void
  text(id: number, stream: Stream): string
  /** aborted when there is too much; nothing is kept after that */
  readonly full: AbortSignal
  /** the step that printed too much */
  culprit(): number | undefined
}

export const createKept = (most = MOST_KEPT): Kept => {
  const chunks = new Map<string, Buffer[]>()
  const full = new AbortController()
  let bytes = 0
  let culprit: number | undefined
  return {
    add: (id, stream, chunk) => {
      if (full.signal.aborted) return
      bytes += chunk.length
      if (bytes > most) {
        culprit = id
        chunks.clear()
        return full.abort()
      }
      const key = `${id} ${stream}`
      const known = chunks.get(key)
      if (known) known.push(chunk)
      else chunks.set(key, [chunk])
    },
    text: (id, stream) => Buffer.concat(chunks.get(`${id} ${stream}`) ?? []).toString('utf8'),
    full: full.signal,
    culprit: () => culprit,
  }
}

export const TOO_MUCH = `it printed more than ${MOST_KEPT / 1024 / 1024} MB, which is the most that is read`

export const LESS_HINT = 'print less on the host (grep, head, wc), or write it to a file there (command > file)'
