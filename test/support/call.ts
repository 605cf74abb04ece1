import { callWith, NOTHING } from '../../src/shell/call.ts'
import type { Call } from '../../src/shell/types.ts'

/** The maker of the commands of a stage, of a run that was given nothing. */
export const callFor =
  (stage: string): Call =>
  (...words) =>
    callWith(NOTHING, () => false)(stage, ...words)
