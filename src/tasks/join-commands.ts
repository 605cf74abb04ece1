import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'

/** Commands one after the other in one step; the first failure ends it. */
export const joinCommands = (...commands: readonly Command[]): Command => {
  const [first, ...others] = commands
  if (first !== undefined && others.length === 0) return first
  // one template for all: nested templates would each be read again as part of the next
  const raw = ['', ...others.map(() => '\n'), '']
  return sh(Object.assign([...raw], { raw }), ...commands)
}
