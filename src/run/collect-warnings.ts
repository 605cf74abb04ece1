import type { Emit, RunWarning } from '../events/types.ts'

/** Passes events on, and keeps their warnings for the last lines of the run: in order, without duplicates. */
export const collectWarnings = (emit: Emit): { emit: Emit; warnings: () => readonly RunWarning[] } => {
  const warnings = new Map<string, RunWarning>()
  return {
    emit: (event) => {
      if (event.type === 'log' && event.level === 'warn') {
        const { host, message } = event
        warnings.set(JSON.stringify([host, message]), host === undefined ? { message } : { host, message })
      }
      emit(event)
    },
    warnings: () => [...warnings.values()],
  }
}
