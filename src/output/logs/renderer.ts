import type { Renderer } from '../../events/types.ts'
import { cleanText, oneLine } from '../../redact/clean.ts'
import { count } from '../../values/count.ts'
import { EXIT } from '../../values/errors.ts'
import { columnsIn, pad, width, wrap } from '../../values/width.ts'
import type { Paint } from '../colours.ts'
import { handle, interruptLine, warningBlock, type Handlers } from '../event-lines.ts'
import { SYMBOL } from '../format.ts'
import { failureLines } from '../summary.ts'
import { createWriter, type Target } from '../writer.ts'
import { lineTime } from './line-time.ts'
import { cutLogs, linesSince, mergeLines, type LogLine } from './merge.ts'

export interface LogsOutputOptions {
  readonly stdout: Target
  /** warnings, hosts that could not be asked, what the commands print to stderr */
  readonly stderr: Target
  readonly paint: Paint
  readonly follow: boolean
  /** only lines from then on, in ms since the epoch */
  readonly since: number | undefined
  /** how many lines of each log were asked for */
  readonly lines: number
  /** the task whose output is that of several files, with a heading where another file begins */
  readonly files: string
  /** the source that a file is, by its path */
  readonly sourceOf: (file: string) => string
  /** by host: minutes east of UTC; known when its first line arrives */
  readonly zones: ReadonlyMap<string, number>
  /** how many milliseconds without a line until the first lines of a follow are shown, in the order of their times */
  readonly settle?: number
}

/** How many characters are kept in all, until they are shown. Hosts share them, and the newest lines stay. */
const ROOM = 64 * 1024 * 1024
const BUFFER_LIMIT = 64 * 1024 * 1024

/** The logs of several hosts as one, by time. When following, that holds for the first lines; later ones are shown as they come. */
export const createLogsOutput = (o: LogsOutputOptions): Renderer => {
  const { paint } = o
  const out = createWriter(o.stdout, BUFFER_LIMIT)
  const err = createWriter(o.stderr)
  const columns = (): number => columnsIn(o.stderr, Infinity)
  const warn = (host: string | undefined, text: string): void =>
    void err.lines(warningBlock(`${host === undefined ? '' : `${oneLine(host)}: `}${text}`, paint, columns()))
  const lines = createLines(o, (all) => void out.lines(all, true), warn)
  const handlers: Handlers = {
    'run:start': ({ hosts }) => lines.hosts(hosts.map(({ host }) => host)),
    'step:start': lines.later,
    'step:output': ({ host, task, stream, line }) => {
      if (stream === 'stdout') lines.add(host, task, line)
      else err.lines([`${oneLine(host)}: ${cleanText(line, paint.on)}`], true)
    },
    log: ({ level, message, host }) => {
      if (level === 'warn') warn(host, message)
    },
    failure: ({ failure }) => void err.lines(failureLines([{ ...failure, output: [] }], paint, columns()).slice(0, -1)),
    interrupt: (event) => err.lines([interruptLine(event, paint)]),
    'run:end': ({ exit, headline }) => {
      lines.flush()
      if (exit !== EXIT.done)
        err.lines(wrap(oneLine(headline), columns() - 2).map((text, i) => paint.red(`${i === 0 ? SYMBOL.failed : ' '} ${text}`)))
    },
  }
  return {
    name: 'logs',
    event: (event) => handle(handlers, event),
    end: async () => {
      lines.stop()
      await Promise.all([out.drained(), err.drained()])
    },
  }
}

type Warn = (host: string | undefined, text: string) => void

/** Collects lines, and prints them in the order of their times: at the end, or when following as soon as no more come for a moment. */
const createLines = (o: LogsOutputOptions, write: (lines: readonly string[]) => void, warn: Warn) => {
  const { paint, since, settle = 400 } = o
  const collected = createCollector(o)
  const shown = createPrefix(paint)
  let streaming = false
  let timer: NodeJS.Timeout | undefined
  const print = (all: readonly LogLine[]): void => {
    shown.measure(all)
    write(all.map((line) => `${shown.of(line)}${cleanText(line.text, paint.on)}`))
  }
  const flush = (): void => {
    clearTimeout(timer)
    streaming = o.follow
    for (const [host, dropped] of collected.dropped()) warn(host, `${count(dropped, 'older line')} left out`)
    const all = collected.take()
    if (since !== undefined)
      for (const { host, source } of cutLogs(all, since, o.lines))
        warn(host, `only the last ${count(o.lines, 'line')} of ${oneLine(source)} were read`)
    print(mergeLines(since === undefined ? all : linesSince(all, since)))
  }
  const later = (): void => {
    clearTimeout(timer)
    if (o.follow && !streaming) timer = setTimeout(flush, settle)
  }
  return {
    hosts: (names: readonly string[]): void => {
      shown.hosts(names)
      collected.share(names)
    },
    add: (host: string, task: string, line: string): void => {
      collected.add(host, task, line)
      if (streaming) print(collected.take())
      else later()
    },
    later,
    flush,
    stop: (): void => clearTimeout(timer),
  }
}

/** What journalctl and tail print between lines. */
const BETWEEN = /^-- (?:No entries|Logs begin at .*|Journal begins at .*|Boot [0-9a-f]+) --$/
const HEADING = /^==> (.+) <==$/

/** Collects lines with their source and time. A heading of tail begins another file; the empty line above it is tail's, too. */
const createCollector = ({ files, sourceOf, zones }: LogsOutputOptions) => {
  const byHost = new Map<string, { lines: LogLine[]; room: number; dropped: number }>()
  const current = new Map<string, string>()
  const blank = new Set<string>()
  let room = ROOM
  const push = (host: string, source: string, text: string): void => {
    const kept = byHost.get(host) ?? { lines: [], room, dropped: 0 }
    byHost.set(host, kept)
    kept.lines.push({ host, source, text, time: lineTime(text, zones.get(host) ?? 0) })
    kept.room -= text.length + 1
    while (kept.room < 0 && kept.lines.length > 1) {
      kept.room += kept.lines.shift()!.text.length + 1
      kept.dropped++
    }
  }
  return {
    /** The hosts, in the order in which lines of the same time are shown. */
    share: (hosts: readonly string[]): void => {
      room = Math.floor(ROOM / Math.max(1, hosts.length))
      for (const host of hosts) byHost.set(host, { lines: [], room, dropped: 0 })
    },
    add: (host: string, task: string, text: string): void => {
      if (BETWEEN.test(text)) return
      if (task !== files) return push(host, task, text)
      const [, heading] = HEADING.exec(text) ?? []
      const before = current.get(host)
      if (heading !== undefined) {
        current.set(host, sourceOf(heading))
        return void blank.delete(host)
      }
      if (blank.delete(host) && before !== undefined) push(host, before, '')
      if (text === '') blank.add(host)
      else if (before !== undefined) push(host, before, text)
    },
    take: (): readonly LogLine[] => {
      const all = [...byHost.values()].flatMap((kept) => kept.lines)
      for (const [host, kept] of byHost) byHost.set(host, { ...kept, lines: [], room })
      return all
    },
    dropped: (): readonly (readonly [string, number])[] =>
      [...byHost].flatMap(([host, { dropped }]) => (dropped === 0 ? [] : [[host, dropped] as const])),
  }
}

/** The host and the log of a line, in columns; the host only if there are several. */
const createPrefix = (paint: Paint) => {
  let hostColumn = 0
  let sourceColumn = 0
  return {
    hosts: (names: readonly string[]): void => {
      hostColumn = names.length > 1 ? Math.max(...names.map((name) => width(oneLine(name)))) : 0
    },
    measure: (all: readonly LogLine[]): void => {
      for (const { source } of all) sourceColumn = Math.max(sourceColumn, width(oneLine(source)))
    },
    of: ({ host, source }: LogLine): string =>
      paint.dim(`${hostColumn === 0 ? '' : `${pad(oneLine(host), hostColumn)}  `}${pad(oneLine(source), sourceColumn)}  `),
  }
}
