import type { Command } from '../shell/types.ts'
import type { Absent } from '../values/absent.ts'

/** Steps, in lists within lists where that is easier to write; what is absent is left out. */
export type StepList = readonly (Command | Absent | StepList)[]
