import type { Emit, RunWarning } from '../events/types.ts'

/** Passes events on and keeps their warnings, in order and without duplicates, for the last lines of the run. */
export const collectWarnings = (emit: Emit): { emit: Emit; warnings: () => readonly RunWarning[] } => {
  const all = new Map<string, RunWarning>()
  return {
    emit: (event) => {
      if (event.type === 'log' && event.level === 'warn') {
        const { host, message } = event
        all.set(JSON.stringify([host, message]), host === undefined ? { message } : { host, message })
      }
      emit(event)
    },
    warnings: () => [...all.values()],
  }
}
