import type { Frame, FrameReader, FrameSink } from './types.ts'

type Stream = 'stdout' | 'stderr'

/**
 * Splits the two streams of a script into frames and output. `again` is reported for each stream at its place in the output. A marker is `<token> <kind> <numbers>\n` and may begin anywhere: the token
 * cannot be guessed, so it needs no newline before it, and a line of output never waits for the next one.
 * The streams are read independently. `begin` is reported when the first of them carries it; `end`, `skip` and `done` when both have,
 * so `begin` of a step may be reported before `end` of the previous one.
 */
export const frameReader = (token: string, sink: FrameSink): FrameReader => {
  const once = oncePerFrame(sink)
  const cursor = (stream: Stream) =>
    streamReader(
      token,
      (id, chunk) => sink.output(id, stream, chunk),
      (mark) => (mark.type === 'again' ? sink.again?.(mark.id, stream) : once(mark)),
    )
  const stdout = cursor('stdout')
  return { stdout: stdout.read, stderr: cursor('stderr').read, holds: stdout.holds, release: stdout.release }
}

/** The longest marker after its token: the kind, and the numbers of an id, a code and a guard. */
const LONGEST = 64

/** A frame, or the mark between two attempts of a step, which matters to each stream by itself. */
type Mark = Frame | { readonly type: 'again'; readonly id: number }

const streamReader = (token: string, output: (id: number | undefined, chunk: Buffer) => void, seen: (mark: Mark) => void) => {
  const needle = Buffer.from(`${token} `, 'latin1')
  let id: number | undefined
  let carry = Buffer.alloc(0)
  // how many bytes of `carry` could be the start of a marker, and have been passed on all the same
  let released = 0

  const emit = (chunk: Buffer) => {
    if (chunk.length > 0) output(id, chunk)
  }
  const apply = (frame: Mark) => {
    if (frame.type === 'end' || frame.type === 'skip') id = undefined
    seen(frame)
    if (frame.type === 'begin') id = frame.id
  }

  const holds = (): boolean => id !== undefined && released < carry.length && carry.length < needle.length
  const release = (): void => {
    if (!holds()) return
    const unseen = carry.subarray(released)
    released = carry.length
    emit(unseen)
  }
  const read = (chunk: Buffer): void => {
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk])
    let from = released
    let search = 0
    released = 0
    for (;;) {
      const at = bytes.indexOf(needle, search)
      if (at < 0) {
        const held = tailHeld(bytes, needle, search)
        emit(bytes.subarray(from, bytes.length - held))
        carry = Buffer.from(bytes.subarray(bytes.length - held))
        released = Math.max(0, from - (bytes.length - held))
        return
      }
      const newline = bytes.indexOf(10, at + needle.length)
      if (newline < 0 && bytes.length - at - needle.length < LONGEST) {
        emit(bytes.subarray(from, at))
        carry = Buffer.from(bytes.subarray(at))
        released = Math.max(0, from - at)
        return
      }
      const frame = newline < 0 ? undefined : parse(bytes.toString('latin1', at + needle.length, newline))
      search = at + needle.length
      if (frame === undefined) continue
      emit(bytes.subarray(from, at))
      apply(frame)
      from = search = newline + 1
    }
  }
  return { read, holds, release }
}

/** How many of the last bytes could be the start of a marker. */
const tailHeld = (bytes: Buffer, needle: Buffer, search: number): number => {
  for (let length = Math.min(needle.length - 1, bytes.length - search); length > 0; length--) {
    if (bytes.compare(needle, 0, length, bytes.length - length) === 0) return length
  }
  return 0
}

const parse = (line: string): Mark | undefined => {
  if (!/^[a-z]+(?: \d{1,15})*$/.test(line)) return undefined
  const [type, ...words] = line.split(' ')
  const [a, b, c] = words.map(Number)
  if (type === 'done' && a === undefined) return { type }
  if (a === undefined) return undefined
  if (type === 'hello') return { type, pid: a }
  if (type === 'again') return { type, id: a }
  if (type === 'begin') return b === undefined ? { type, id: a } : { type, id: a, at: b }
  if (b === undefined) return undefined
  if (type === 'end') return c === undefined ? { type, id: a, code: b } : { type, id: a, code: b, guard: c }
  return type === 'skip' && c !== undefined ? { type, id: a, guard: b, code: c } : undefined
}

/** Both streams carry every frame except hello. `begin` is reported when it is first seen, the others when they are seen twice. */
const oncePerFrame = (sink: Pick<FrameSink, 'frame' | 'ending'>) => {
  const waiting = new Set<string>()
  return (frame: Frame): void => {
    if (frame.type === 'hello') return sink.frame(frame)
    const key = frame.type === 'done' ? 'done' : `${frame.type} ${frame.id}`
    const second = waiting.delete(key)
    if (!second) waiting.add(key)
    if (second === (frame.type !== 'begin')) sink.frame(frame)
    else if (frame.type === 'end' || frame.type === 'skip') sink.ending?.(frame)
  }
}
