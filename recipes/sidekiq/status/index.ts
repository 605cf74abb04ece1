import type { Context, Manager } from '../manager.ts'

/** The task: a table of every process on every host. */
export const status = (_by: (c: Context) => Manager) => ({ steps: () => [] })
