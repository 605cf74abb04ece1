import type { Command } from '../shell/types.ts'
import type { StepList } from '../tasks/types.ts'

/** The commands of a list of steps, in order, without what is left out. Throws a TypeError for anything that is no command. */
export const commandsOf = (list: StepList): readonly Command[] => {
  if (!Array.isArray(list)) throw new TypeError(`steps must be a list of commands, [sh\`…\`], and are ${what(list)}`)
  return (list as readonly unknown[]).flatMap((item): readonly Command[] => {
    if (item === false || item === null || item === undefined) return []
    if (Array.isArray(item)) return commandsOf(item as StepList)
    if (isCommand(item)) return [item]
    throw new TypeError(`a step must be a command, sh\`…\`, and is ${what(item)}`)
  })
}

const isCommand = (item: unknown): item is Command =>
  (typeof item === 'object' || typeof item === 'function') && item !== null && (item as { kind?: unknown }).kind === 'command'

const what = (value: unknown): string => {
  if (isCommand(value)) return 'one command'
  if (value instanceof Promise) return 'a promise: what must look before it acts is a task with run'
  return typeof value === 'string' ? 'a text' : value === null ? 'null' : typeof value
}
