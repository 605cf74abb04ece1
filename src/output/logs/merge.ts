/** A line of a log. */
export interface LogLine {
  readonly host: string
  /** the log that it is from: `production`, `puma` */
  readonly source: string
  readonly text: string
  /** its time, in ms since the epoch; undefined if it has none */
  readonly time: number | undefined
}

/**
 * The lines of several logs in one order, by their times. Lines of one log never change places: a line without a time, or with an earlier
 * one than the line above it, stays where it is. A log without any times comes first.
 */
export const mergeLines = (lines: readonly LogLine[]): readonly LogLine[] => {
  const placed = logsOf(lines).flatMap(withTimes)
  return placed.toSorted((a, b) => a.time - b.time).map(({ line }) => line)
}

const withTimes = (lines: readonly LogLine[]): { readonly line: LogLine; readonly time: number }[] => {
  let time = lines.find((line) => line.time !== undefined)?.time ?? -Infinity
  return lines.map((line) => {
    time = Math.max(time, line.time ?? time)
    return { line, time }
  })
}

/** The lines that are not older than `since`, in ms. Those without a time belong to the line above them, the first ones to that below. */
export const linesSince = (lines: readonly LogLine[], since: number): readonly LogLine[] => {
  return logsOf(lines).flatMap((log) => {
    // of a log without times, nothing is known
    let kept = (log.find(({ time }) => time !== undefined)?.time ?? since) >= since
    return log.filter(({ time }) => {
      if (time !== undefined) kept = time >= since
      return kept
    })
  })
}

/** The logs that may have older lines that are new enough: at least `most` lines were read, and even the first is. */
export const cutLogs = (lines: readonly LogLine[], since: number, most: number): readonly LogLine[] =>
  logsOf(lines).flatMap((log) =>
    log.length >= most && (log.find(({ time }) => time !== undefined)?.time ?? -Infinity) >= since ? [log[0]!] : [],
  )

const logsOf = (lines: readonly LogLine[]): readonly (readonly LogLine[])[] => [
  ...Map.groupBy(lines, ({ host, source }) => JSON.stringify([host, source])).values(),
]
