import type { Emit, RunWarning } from '../events/types.ts'
import { groupsInHostOrder } from '../values/host-order.ts'

/**
 * Passes events on, and keeps their warnings for the last lines of the run: in order, without duplicates, those of several hosts as
 * the inventory has them.
 */
export const collectWarnings = (emit: Emit): { emit: Emit; warnings: () => readonly RunWarning[] } => {
  const warnings = new Map<string, RunWarning>()
  let hosts: readonly string[] | undefined
  return {
    emit: (event) => {
      if (event.type === 'run:start') hosts = event.hosts.map(({ host }) => host)
      if (event.type === 'log' && event.level === 'warn') {
        const { host, message } = event
        warnings.set(JSON.stringify([host, message]), host === undefined ? { message } : { host, message })
      }
      emit(event)
    },
    warnings: () =>
      groupsInHostOrder(
        [...warnings.values()],
        ({ message }) => message,
        ({ host }) => host,
        hosts,
      ),
  }
}
