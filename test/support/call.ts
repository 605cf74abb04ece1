import { commandMaker, NO_OPTIONS } from '../../src/shell/shipit-command.ts'
import type { Call } from '../../src/shell/types.ts'

/** Makes the commands of a stage, for a run without options. */
export const callFor =
  (stage: string): Call =>
  (...words) =>
    commandMaker(NO_OPTIONS, () => false)(stage, ...words)
