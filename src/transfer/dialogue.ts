import { byteQueue, type ByteQueue } from './byte-queue.ts'
import type { StepInput } from '../transport/types.ts'

/** Talks with a program on a host that answers requests: on the stdin and stdout of the step that runs it. */
export interface Dialogue {
  /**
   * Sends a request, and resolves with the answer without its end. Both are bytes, one a character (latin1): names need not be UTF-8.
   * Rejects with {@link Ended} if the program ends first.
   */
  ask(request: string, end?: string): Promise<string>
  /** Resolves when more can be sent. */
  send(bytes: Buffer): Promise<void>
  /** the end of what is sent */
  finish(): void
  /**
   * Sends a request whose answer is the rest of what the program prints, however long. It is held back on the host while what has arrived
   * is not read.
   */
  stream(request: string): AsyncIterable<Buffer>
  /** resolves when the program has ended: nothing more can be sent */
  readonly over: Promise<void>
}

/** The program has ended before its answer: why is for its exit code and its messages to say. */
export class Ended extends Error {}

export interface OpenDialogue extends Dialogue {
  /** what the program prints on stdout */
  arrived(chunk: Buffer): void
  /** the program has ended */
  ended(): void
}

export const openDialogue = (input: Omit<StepInput, 'hurry'>): OpenDialogue => {
  let answer = new Answer('')
  let over = false
  let stream: ByteQueue | undefined
  const end = Promise.withResolvers<void>()
  return {
    ask: (request, end = '\n.\n') => {
      // the program prints nothing more until it is asked again
      answer = answer.next(end)
      if (over) answer.fail()
      else if (request !== '') input.write(Buffer.from(request, 'latin1'))
      return answer.whole
    },
    send: async (bytes) => {
      if (over) throw new Ended()
      input.write(bytes)
      await Promise.race([input.drained(), end.promise])
    },
    finish: () => input.end(),
    stream: (request) => {
      stream = byteQueue(input)
      if (over) stream.end()
      else input.write(Buffer.from(request, 'latin1'))
      return stream.bytes
    },
    arrived: (chunk) => (stream ? stream.add(chunk) : answer.add(chunk)),
    over: end.promise,
    ended: () => {
      over = true
      end.resolve()
      answer.fail()
      stream?.end()
    },
  }
}

/** An answer as it arrives, up to its end: a line of its own, which an empty answer begins with. */
class Answer {
  readonly whole: Promise<string>
  readonly #result = Promise.withResolvers<string>()
  readonly #end: string
  readonly #chunks: Buffer[] = []
  #length = 0
  #tail = ''

  constructor(end: string) {
    this.#end = end
    this.whole = this.#result.promise
    this.whole.catch(() => {})
  }

  /** The next answer, which may have begun before the question: the first one needs none. */
  next(end: string): Answer {
    const next = new Answer(end)
    if (this.#end === '') for (const chunk of this.#chunks) next.add(chunk)
    return next
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    const end = this.#end
    if (end === '') return
    this.#tail = (this.#tail + chunk.subarray(-end.length).toString('latin1')).slice(-end.length)
    const empty = this.#length === end.length - 1 && this.#tail === end.slice(1)
    if (empty || this.#tail === end)
      this.#result.resolve(
        Buffer.concat(this.#chunks)
          .toString('latin1')
          .slice(0, empty ? 0 : -end.length),
      )
  }

  fail(): void {
    this.#result.reject(new Ended())
  }
}
