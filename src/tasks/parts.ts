import { present } from '../values/absent.ts'
import { isBarrier } from './barriers.ts'
import type { AnyTask } from './types.ts'

/** A task by its full name; undefined if there is none. */
export type FindTask = (name: string) => AnyTask | undefined

export interface Part {
  readonly name: string
  readonly def: AnyTask
}

/**
 * A task and, if it is a sequence, the tasks in it, at any depth, each once: what is typed after a task is for all of them. Hooks are no
 * parts. Empty if there is no such task.
 */
export const partsOf = (name: string, find: FindTask): readonly Part[] => {
  const parts = new Map<string, AnyTask>()
  const visit = (one: string): void => {
    const def = find(one)
    if (def === undefined || parts.has(one)) return
    parts.set(one, def)
    for (const child of present(def.sequence ?? [])) if (!isBarrier(child)) visit(child)
  }
  visit(name)
  return [...parts].map(([part, def]) => ({ name: part, def }))
}

/** The parts of several tasks, each once. */
export const partsOfAll = (names: readonly string[], find: FindTask): readonly Part[] => [
  ...new Map(names.flatMap((name) => partsOf(name, find)).map((part) => [part.name, part])).values(),
]

/** An option as it is typed, without its dashes: `sinceWhen` is `since-when`. */
export const optionName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
