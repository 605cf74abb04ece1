import { usageError } from '../values/errors.ts'
import type { Entry } from './order.ts'
import { partsOf, type FindTask, type Part } from './parts.ts'

/**
 * What the sequences among the typed tasks set for the whole run, as arguments of `--set`: those of a part before those of the whole, so
 * that the outer one wins. Throws (usage) if two typed tasks set the same key differently, because neither is the outer one.
 */
export const setBySequences = (typed: readonly string[], find: FindTask): readonly string[] => {
  const byKey = new Map<string, { readonly task: string; readonly value: string }>()
  for (const task of typed) {
    for (const [key, value] of valuesOf(partsOf(task, find))) {
      const other = byKey.get(key)
      // the values may be secrets, which is known only when a stage has them
      if (other !== undefined && other.value !== value)
        throw usageError(`${other.task} and ${task} set ${key} to different values`, {
          hint: 'run them one after the other',
        })
      byKey.set(key, { task, value })
    }
  }
  return [...byKey].map(([key, { value }]) => `${key}=${value}`)
}

const valuesOf = (parts: readonly Part[]): ReadonlyMap<string, string> =>
  new Map(parts.toReversed().flatMap(({ def }) => Object.entries(def.set ?? {}).map(([key, value]) => [key, textOf(value)])))

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Throws (usage) for a sequence with `set` that only a hook runs: its values would come too late, or be for other tasks too. */
export const refuseHookedSet = (entries: readonly Entry[], typed: readonly string[], find: FindTask): void => {
  const parts = new Set(typed.flatMap((task) => partsOf(task, find)).map(({ name }) => name))
  for (const entry of entries) {
    if (entry.kind === 'barrier') continue
    const hooked = entry.within.find((name) => !parts.has(name) && find(name)?.set !== undefined)
    if (hooked !== undefined)
      throw usageError(`${hooked} has \`set\`, which is for a whole run, and a hook runs it as a part of this one`, {
        hint: `hook the tasks of its sequence, or type it: ${hooked}`,
      })
  }
}
