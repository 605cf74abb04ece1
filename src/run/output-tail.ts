const BYTES = 16_384
const LINES = 40
const WIDTH = 1000

type Stream = 'stdout' | 'stderr'

/** The end of what a step printed, from its lines: whole lines, in which secrets are masked. For hints and failures. */
export interface OutputTail {
  add(stream: Stream, line: string): void
  /** Forgets one stream: what it has had belongs to an attempt that failed. */
  drop(stream: Stream): void
  /** the end of one stream, about 16 kB */
  text(stream: Stream): string
  /** the last lines of both, for a failure; a very long one is cut */
  lines(): readonly string[]
}

export const createOutputTail = (): OutputTail => {
  const streams = { stdout: createStreamEnd(), stderr: createStreamEnd() }
  let last: { readonly stream: Stream; readonly line: string }[] = []
  return {
    add: (stream, line) => {
      streams[stream].add(line)
      last.push({ stream, line: line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line })
      if (last.length > LINES) last.shift()
    },
    drop: (stream) => {
      streams[stream] = createStreamEnd()
      last = last.filter((one) => one.stream !== stream)
    },
    text: (stream) => streams[stream].text(),
    lines: () => last.map(({ line }) => line),
  }
}

const createStreamEnd = () => {
  let lines: string[] = []
  let from = 0
  let length = 0
  return {
    add: (line: string): void => {
      lines.push(line)
      length += line.length + 1
      while (from < lines.length - 1 && length > BYTES) length -= lines[from++]!.length + 1
      // drops old lines only now and then, so that a step of a million lines stays cheap
      if (from > 1024) {
        lines = lines.slice(from)
        from = 0
      }
    },
    text: (): string =>
      lines
        .slice(from)
        .map((line) => `${line}\n`)
        .join(''),
  }
}
