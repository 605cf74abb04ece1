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

/** Tracks whether all warnings of a run are shown just above its end, with nothing after them: then the summary does not repeat them. */
export const createShownWarnings = (): { event(event: RunEvent): void; include(end: Extract<RunEvent, { type: 'run:end' }>): boolean } => {
  const last = new Set<string>()
  const key = (host: string | undefined, message: string): string => JSON.stringify([host ?? null, message])
  return {
    event: (event) => {
      if (event.type === 'log' && event.level === 'warn') last.add(key(event.host, event.message))
      else if (!SILENT.has(event.type) && !(event.type === 'log' && event.level === 'debug')) last.clear()
    },
    include: ({ warnings = [] }) => warnings.every(({ host, message }) => last.has(key(host, message))),
  }
}
