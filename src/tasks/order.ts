import { usageError } from '../values/errors.ts'
import { present } from '../values/absent.ts'
import { isBarrier, type Barrier } from './barriers.ts'
import { findTask } from './registry.ts'
import type { Registry, TaskEntry, TaskRef } from './entry.ts'

/** What to do, in order: leaves (tasks with steps or run) and the barriers between them. */
export type Entry =
  | {
      readonly kind: 'task'
      readonly task: TaskEntry
      /** in or hooked on, outermost first */
      readonly within: readonly string[]
      /** the finally hook that it is a part of */
      readonly finally?: FinallyHook
    }
  | { readonly kind: 'barrier'; readonly barrier: Barrier }

/** A task that runs however the one before it ends. */
export interface FinallyHook {
  readonly task: TaskRef
  /** the name of the task that it is hung on */
  readonly on: string
  /** that task and whatever runs with it: once one of these has begun, so has that task */
  readonly follows: ReadonlySet<string>
  /** the finally hook that has this one in it */
  readonly within: FinallyHook | undefined
}

/** The requested name that a task belongs to: its own, or that of the task it is in or hooked on. */
export const typedTaskOf = (entry: Entry & { kind: 'task' }): string => entry.within[0] ?? entry.task.name

export const tasksOf = (entries: readonly Entry[]): TaskEntry[] => entries.flatMap((entry) => (entry.kind === 'task' ? [entry.task] : []))

/** The requested tasks with their hooks and sequences, flat and in order. Throws on an unknown name and on a cycle. */
export const orderTasks = (
  registry: Registry,
  names: readonly TaskRef[],
  leaveOut: (task: TaskEntry) => boolean = () => false,
): Entry[] => {
  const entries: Entry[] = []
  const visit = (ref: TaskRef, within: readonly string[], hook?: FinallyHook): void => {
    const task = typeof ref === 'string' ? findTask(registry, ref) : ref
    if (within.includes(task.name)) {
      throw usageError(`circular tasks: ${[...within.slice(within.indexOf(task.name)), task.name].join(' → ')}`, {
        hint: 'look at the hooks and sequences of these tasks',
      })
    }
    if (task.override?.how === 'off' || leaveOut(task)) return
    const inner = [...within, task.name]
    const start = entries.length
    for (const one of registry.before.get(task.name) ?? []) visit(one.task, inner, hook)
    if (task.def.sequence) {
      for (const child of present(task.def.sequence)) {
        if (isBarrier(child)) entries.push({ kind: 'barrier', barrier: child })
        else visit(child, inner, hook)
      }
    } else entries.push({ kind: 'task', task, within, ...(hook && { finally: hook }) })
    if (task.barrier) entries.push({ kind: 'barrier', barrier: task.barrier })
    for (const one of registry.after.get(task.name) ?? []) visit(one.task, inner, hook)
    for (const one of registry.finally.get(task.name) ?? []) {
      const follows = new Set(tasksOf(entries.slice(start)).map(({ name }) => name))
      visit(one.task, inner, { task: one.task, on: task.name, follows, within: hook })
    }
  }
  for (const name of names) visit(name, [])
  return entries
}
