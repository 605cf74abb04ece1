/** What a renderer needs from a stream, such as `process.stdout`. */
export interface Target {
  write(text: string, done?: () => void): unknown
  on?(event: 'error', listener: (error: Error) => void): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  readonly writableLength?: number
}

export interface Writer {
  /** Writes lines, each with its newline. Optional ones are dropped, and counted, while the reader does not keep up; returns whether it wrote them. */
  lines(lines: readonly string[], optional?: boolean): boolean
  /** Writes the text as it is. */
  text(text: string): void
  /** Whether more is waiting for the reader than the limit. */
  full(): boolean
  /** Whether anything is waiting for the reader. */
  behind(): boolean
  /** Resolves when the reader has taken everything, or is gone. Waits for a stopped terminal, like any program. */
  drained(): Promise<void>
}

/** How many bytes may wait for a slow reader before output is dropped; the log file has all of it. */
const BUFFER_LIMIT = 1_048_576

/**
 * Writes without ever breaking or stalling a run. A closed pipe is ignored from then on. If a reader does not keep up (a pager, a stopped
 * terminal), output lines are dropped, so that the deploy keeps its connections.
 */
export const createWriter = (target: Target, limit = BUFFER_LIMIT): Writer => {
  let closed = false
  let dropped = 0
  target.on?.('error', () => {
    closed = true
  })
  unblock(target, false)
  const put = (text: string, done?: () => void): void => {
    try {
      target.write(text, done)
    } catch {
      closed = true
    }
  }
  return {
    lines: (lines, optional = false) => {
      if (closed || lines.length === 0) return false
      if (optional && (target.writableLength ?? 0) > limit) {
        dropped += lines.length
        return false
      }
      const missing = dropped > 0 ? `${notShown(dropped)}\n` : ''
      dropped = 0
      put(`${missing}${lines.join('\n')}\n`)
      return true
    },
    text: (text) => {
      if (!closed) put(text)
    },
    full: () => (target.writableLength ?? 0) > limit,
    behind: () => (target.writableLength ?? 0) > 0,
    drained: () =>
      new Promise((resolve) => {
        const finish = (): void => {
          unblock(target, true)
          resolve()
        }
        if (closed) finish()
        else put('', finish)
        if (closed) finish()
      }),
  }
}

/** Replaces output that was dropped. */
export const notShown = (lines: number): string => `… ${lines} lines of output are not shown here: the terminal or pipe did not keep up`

/** Node writes to pipes and terminals synchronously (process I/O in the Node docs): a full pipe would stop the whole process. */
const unblock = (target: Target, blocking: boolean): void => {
  const { _handle: handle } = target as { _handle?: { setBlocking?(on: boolean): unknown } | null }
  handle?.setBlocking?.(blocking)
}
