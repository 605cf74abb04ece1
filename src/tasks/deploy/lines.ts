import { sh } from '../../shell/sh.ts'
import type { Command } from '../../shell/types.ts'

/** Commands one after the other in one step; the first failure ends it. */
export const lines = (...commands: readonly Command[]): Command =>
  commands.reduce(
    (all, command) => sh`${all}
${command}`,
  )
