import { cleanText, oneLine } from '../../redact/clean.ts'
import type { RunEvent } from '../../events/types.ts'
import type { Paint } from '../colours.ts'
import { fold } from '../../values/fold.ts'
import { pad, width } from '../../values/width.ts'
import { FEW, groupLabel } from '../host-groups.ts'

/** How long output is collected, in milliseconds, so that a burst of a thousand lines is one write and one redrawn frame. */
const COLLECT_MS = 50

export interface OutputLines {
  /** Takes the events of steps; hides the output of a command that code captures (`capture`), unless `all`. */
  event(event: RunEvent): void
  /** Shows what has been collected so far. */
  flush(): void
}

/**
 * The output of steps, each line with its host, for a tree that would otherwise show only the last line. If more than four hosts print the
 * same at the same time, it is shown once.
 */
export const createOutputLines = (
  show: (lines: readonly string[]) => void,
  { all, paint }: { all: boolean; paint: Paint },
): OutputLines => {
  const captured = new Set<string>()
  let pending: HostLine[] = []
  let hosts: readonly string[] = []
  let timer: NodeJS.Timeout | undefined
  let column = 0
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const lines = pending
    pending = []
    if (lines.length > 0) show(foldLines(lines, hosts).map(({ host, text }) => `${paint.dim(pad(host, column))}  ${text}`))
  }
  return {
    flush,
    event: (event) => {
      if (event.type === 'run:start') {
        hosts = event.hosts.map(({ host }) => host)
        column = Math.max(0, ...hosts.map((host) => width(oneLine(host))), hosts.length > FEW ? width(`${hosts.length} hosts`) : 0)
      } else if (event.type === 'step:start' && event.captured && !all) captured.add(event.step)
      else if (event.type === 'step:end') captured.delete(event.step)
      else if (event.type === 'step:output' && !captured.has(event.step)) {
        pending.push({ host: event.host, text: cleanText(event.line, paint.on) })
        timer ??= setTimeout(flush, COLLECT_MS).unref()
      }
    },
  }
}

interface HostLine {
  readonly host: string
  readonly text: string
}

/** Each line with the beginning of its row. What more than four hosts printed, line for line, is there once, where the first of them begins. */
const foldLines = (lines: readonly HostLine[], all: readonly string[]): readonly HostLine[] => {
  const hosts = [...Map.groupBy(lines, ({ host }) => host)]
  const folded = new Map(
    fold(hosts, ([, own]) => own.map(({ text }) => text)).flatMap((group) =>
      group.length <= FEW ? [] : group.map(([host], i) => [host, i === 0 ? group.map(([name]) => name) : []] as const),
    ),
  )
  const begun = new Set<string>()
  return lines.flatMap((line) => {
    const group = folded.get(line.host)
    if (group === undefined) return [{ host: oneLine(line.host), text: line.text }]
    if (group.length === 0) return []
    const { label, which } = groupLabel(group, all)
    const heading = which === '' || begun.has(line.host) ? [] : [{ host: label, text: `(${which})` }]
    begun.add(line.host)
    return [...heading, { host: label, text: line.text }]
  })
}
