import type { RunEvent } from '../events/types.ts'

/** Events that print nothing on a screen. */
const SILENT: ReadonlySet<RunEvent['type']> = new Set([
  'host:waiting',
  'lock:taken',
  'plan',
  'task:start',
  'task:end',
  'wave:end',
  'run:end',
])

/** Tracks whether all warnings of a run are directly above its end, with nothing after them: then the last lines need not repeat them. */
export const justTold = (): { event(event: RunEvent): void; all(end: Extract<RunEvent, { type: 'run:end' }>): boolean } => {
  const last = new Set<string>()
  const key = (host: string | undefined, message: string): string => JSON.stringify([host ?? null, message])
  return {
    event: (event) => {
      if (event.type === 'log' && event.level === 'warn') last.add(key(event.host, event.message))
      else if (!SILENT.has(event.type) && !(event.type === 'log' && event.level === 'debug')) last.clear()
    },
    all: ({ warnings = [] }) => warnings.every(({ host, message }) => last.has(key(host, message))),
  }
}
