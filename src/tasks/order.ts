import { usageError } from '../values/errors.ts'
import { isBarrier, type Barrier } from './barriers.ts'
import { findTask } from './registry.ts'
import type { Registry, TaskEntry, TaskRef } from './entry.ts'

/** What to do, in order: leaves (tasks with steps or run) and the barriers between them. */
export type Entry =
  | { readonly kind: 'task'; readonly task: TaskEntry; /** in or hooked on, outermost first */ readonly within: readonly string[] }
  | { readonly kind: 'barrier'; readonly barrier: Barrier }

/** The requested name that a task belongs to: its own, or that of the task it is in or hooked on. */
export const askedFor = (entry: Entry & { kind: 'task' }): string => entry.within[0] ?? entry.task.name

/** The requested tasks with their hooks and sequences, flat and in order. Throws on an unknown name and on a cycle. */
export const orderTasks = (registry: Registry, names: readonly string[], leaveOut: (task: TaskEntry) => boolean = () => false): Entry[] => {
  const entries: Entry[] = []
  const visit = (ref: TaskRef, within: readonly string[]): void => {
    const task = typeof ref === 'string' ? findTask(registry, ref) : ref
    if (within.includes(task.name)) {
      throw usageError(`the tasks run in a circle: ${[...within.slice(within.indexOf(task.name)), task.name].join(' → ')}`, {
        hint: 'look at the hooks and sequences of these tasks',
      })
    }
    if (leaveOut(task)) return
    const inner = [...within, task.name]
    for (const hook of registry.before.get(task.name) ?? []) visit(hook, inner)
    if (task.def.sequence) {
      for (const child of task.def.sequence as readonly string[]) {
        if (isBarrier(child)) entries.push({ kind: 'barrier', barrier: child })
        else visit(child, inner)
      }
    } else entries.push({ kind: 'task', task, within })
    if (task.barrier) entries.push({ kind: 'barrier', barrier: task.barrier })
    for (const hook of registry.after.get(task.name) ?? []) visit(hook, inner)
  }
  for (const name of names) visit(name, [])
  return entries
}
