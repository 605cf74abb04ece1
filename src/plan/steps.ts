import { isPromise } from '../values/promise.ts'
import type { Command } from '../shell/types.ts'
import type { StepList } from '../tasks/types.ts'
import { usageError } from '../values/errors.ts'

/** The commands of a list of steps, in order, without empty items. Throws (usage) for anything that is not a command. */
export const commandsOf = (list: StepList): readonly Command[] => {
  if (!Array.isArray(list))
    throw usageError(`steps must be a list of commands, and are ${what(list)}`, { hint: 'write [sh`…`], with the brackets' })
  return (list as readonly unknown[]).flatMap((item): readonly Command[] => {
    if (item === false || item === null || item === undefined) return []
    if (Array.isArray(item)) return commandsOf(item as StepList)
    if (isCommand(item)) return [item]
    throw usageError(`a step must be a command, and is ${what(item)}`, { hint: 'write it as sh`…`, from shipit-ts' })
  })
}

const isCommand = (item: unknown): item is Command =>
  (typeof item === 'object' || typeof item === 'function') && item !== null && (item as { kind?: unknown }).kind === 'command'

/** Describes a wrong value in words. */
const what = (value: unknown): string => {
  if (isCommand(value)) return 'one command'
  if (isPromise(value)) return 'a promise: what must look before it acts is a task with run'
  if (typeof value === 'string') return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`
  if (value === undefined || value === null) return `${value}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
