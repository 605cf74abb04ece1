import type { StepInput } from '../transport/types.ts'

/** Bytes that arrive and are read at different speeds. */
export interface ByteQueue {
  add(chunk: Buffer): void
  /** Nothing more arrives. */
  end(): void
  readonly bytes: AsyncIterable<Buffer>
}

/** From how many unread bytes on their source is paused. */
const MOST = 2 * 1024 * 1024

export const byteQueue = (source: Pick<StepInput, 'pause' | 'resume'>): ByteQueue => {
  const chunks: Buffer[] = []
  let waiting = 0
  let over = false
  let paused = false
  let wake: () => void = () => {}
  const set = (to: boolean): void => {
    if (paused === to) return
    paused = to
    if (to) source.pause()
    else source.resume()
  }
  async function* read(): AsyncGenerator<Buffer> {
    for (;;) {
      if (waiting > 0) {
        // packets are small: together they take fewer calls
        const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
        chunks.length = waiting = 0
        set(false)
        yield all
      } else if (over) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    add: (chunk) => {
      chunks.push(chunk)
      waiting += chunk.length
      if (waiting > MOST) set(true)
      wake()
    },
    end: () => {
      over = true
      wake()
    },
    bytes: read(),
  }
}
