import { usageError } from '../values/errors.ts'
import type { Part } from './parts.ts'
import type { Rest } from './types.ts'

/** The tasks that take the words after `--`, and what each calls them. */
export const takersOf = (parts: readonly Part[]): readonly { readonly task: string; readonly rest: Rest }[] =>
  parts.flatMap(({ name, def }) => (def.rest === undefined ? [] : [{ task: name, rest: def.rest }]))

/** The task that gets the words after `--`, typed or given by code. Throws (usage) if none takes any, and if several do. */
export const takerOf = (parts: readonly Part[], words: readonly string[]): string | undefined => {
  const [taker, ...others] = takersOf(parts).map(({ task }) => task)
  if (words.length === 0) return others.length === 0 ? taker : undefined
  if (taker === undefined)
    throw usageError(
      `${parts[0]?.name ?? 'the task'} takes no words after --, but got ${words.map((word) => JSON.stringify(word)).join(' ')}`,
      {
        hint: 'tasks come before --; a task that takes words after it has rest: true',
      },
    )
  if (others.length > 0)
    throw usageError(`${[taker, ...others].join(' and ')} each take words after --, and these are for one task`, {
      hint: 'run them one after the other, each with its words',
    })
  return taker
}

/** In a list of tasks: `[-- FILES…]`. */
export const restUsage = (rest: Rest): string => `[-- ${restName(rest)}…]`

export const restName = (rest: Rest): string =>
  (typeof rest === 'string' ? rest : ((rest === true ? undefined : rest.name) ?? 'words')).toUpperCase()
