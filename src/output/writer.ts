/** What a renderer needs of a stream: `process.stdout`, or a test's own. */
export interface Target {
  write(text: string, done?: () => void): unknown
  on?(event: 'error', listener: (error: Error) => void): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  readonly writableLength?: number
}

export interface Writer {
  /** Writes lines, each with its newline. Optional ones are dropped, and counted, while nobody reads. */
  lines(lines: readonly string[], optional?: boolean): void
  /** Writes as it is. */
  text(text: string): void
  /** Whether more waits for the reader than output is kept for. */
  full(): boolean
  /** Whether something still waits for the reader. */
  behind(): boolean
  /** Resolves when everything was taken, or nobody is there to take it. A stopped terminal is waited for, as any program does. */
  drained(): Promise<void>
}

/** Bytes that may wait for a slow reader before output is dropped; the log file has it all. */
const PATIENCE = 1_048_576

/**
 * Writes that never break or stall a run: a closed pipe is ignored from then on, and a reader that does not keep up (a pager, a
 * stopped terminal) loses output lines, not the deploy its connections.
 */
export const createWriter = (target: Target, patience = PATIENCE): Writer => {
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
      if (closed || lines.length === 0) return
      if (optional && (target.writableLength ?? 0) > patience) {
        dropped += lines.length
        return
      }
      const missing = dropped > 0 ? `${notShown(dropped)}\n` : ''
      dropped = 0
      put(`${missing}${lines.join('\n')}\n`)
    },
    text: (text) => {
      if (!closed) put(text)
    },
    full: () => (target.writableLength ?? 0) > patience,
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

/** Stands in the place of output that was dropped. */
export const notShown = (lines: number): string => `… ${lines} lines of output are not shown here: the terminal or pipe did not keep up`

/** Node writes to pipes and terminals synchronously (process I/O, node docs): a full pipe would stop the whole process. */
const unblock = (target: Target, blocking: boolean): void => {
  const { _handle: handle } = target as { _handle?: { setBlocking?(on: boolean): unknown } | null }
  handle?.setBlocking?.(blocking)
}
