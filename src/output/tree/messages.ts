import { oneLine } from '../../redact/clean.ts'
import { fold } from '../../values/fold.ts'
import { pad, width, wrap } from '../../values/width.ts'
import type { Paint } from '../colours.ts'
import { logLines, type EventOf } from '../event-lines.ts'
import { groupLabel } from '../host-groups.ts'
import type { Screen } from './screen.ts'

/** What hosts have to say, such as warnings. */
export interface Messages {
  /** `among`: the hosts of the open phase; without one, nothing is folded. */
  add(event: EventOf<'log'>, among: readonly string[] | undefined): void
}

/** How much of a screen messages may take that others may still join. */
const SHARE = 3

/**
 * Shows messages at once, and equal ones of a phase once: those that other hosts may still send are drawn above the frame, and stay there
 * when something else follows, or when they take too much of the screen.
 */
export const createMessages = (screen: Screen, paint: Paint): Messages => {
  let open: EventOf<'log'>[] = []
  const settled = (): void => {
    open = []
  }
  return {
    add: (event, among) => {
      if (event.level === 'debug') return
      if (event.host === undefined || among === undefined || among.length < 2)
        return screen.above(messageLines([event], [], screen.columns, paint))
      open.push(event)
      const lines = fold(open, ({ level, message }) => [level, message]).flatMap((same) => messageLines(same, among, screen.columns, paint))
      screen.pin(lines, settled)
      if (lines.length > screen.rows / SHARE) screen.above([])
    },
  }
}

const messageLines = (
  events: readonly [EventOf<'log'>, ...EventOf<'log'>[]],
  among: readonly string[],
  columns: number,
  paint: Paint,
): string[] => {
  const hosts = [...new Set(events.flatMap(({ host }) => host ?? []))]
  const { label, which } = hosts.length === 1 ? { label: oneLine(hosts[0]!), which: '' } : groupLabel(hosts, among)
  const start = label === '' ? '' : `${label}  `
  const indent = pad('', width(start))
  return [
    ...logLines(events[0], paint, columns - width(start)).map((line) => start + line),
    ...(which === '' ? [] : wrap(which, columns - width(start)).map((line) => paint.dim(indent + line))),
  ]
}
