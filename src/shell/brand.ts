import type { Command } from './types.ts'

const commands = new WeakSet<object>()

/** Marks a command as made here: an object that merely looks like one is none. */
export const branded = (made: Command): Command => {
  commands.add(made)
  return made
}

export const isCommand = (value: unknown): value is Command => typeof value === 'object' && value !== null && commands.has(value)
