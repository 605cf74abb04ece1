import type { Command } from './types.ts'

const commands = new WeakSet<object>()

/** Marks a command as made here. An object that merely looks like a command is not accepted. */
export const branded = (made: Command): Command => {
  commands.add(made)
  return made
}

export const isCommand = (value: unknown): value is Command => typeof value === 'object' && value !== null && commands.has(value)
