import type { z } from 'zod'
import { optionName, partsOf, type FindTask, type Part } from '../tasks/parts.ts'
import { restUsage, takersOf } from '../tasks/rest-words.ts'
import { isFlag } from './task-options.ts'

/** An option of a task: as typed, its schema, whether it needs a value, and the tasks that have it. */
export interface TaskFlag {
  readonly flag: string
  readonly key: string
  readonly schema: z.ZodType
  readonly takesValue: boolean
  readonly tasks: readonly string[]
}

/** The options of tasks, each once: the first task that has an option describes it. */
export const taskFlags = (parts: readonly Part[]): readonly TaskFlag[] => {
  const flags = new Map<string, TaskFlag>()
  for (const { name, def } of parts)
    for (const [key, schema] of Object.entries(def.args?.shape ?? {}) as [string, z.ZodType][]) {
      const flag = `--${optionName(key)}`
      const known = flags.get(flag) ?? { flag, key, schema, takesValue: !isFlag(schema), tasks: [] }
      flags.set(flag, { ...known, tasks: [...known.tasks, name] })
    }
  return [...flags.values()]
}

/** What may be typed after a task, in a list of tasks: `[--install] [--lines LINES] [-- FILES…]`. */
export const taskUsage = (name: string, find: FindTask): readonly string[] => {
  const parts = partsOf(name, find)
  return [...taskFlags(parts).map((one) => `[${flagUsage(one)}]`), ...new Set(takersOf(parts).map(({ rest }) => restUsage(rest)))]
}

/** `--lines LINES` */
export const flagUsage = ({ flag, key, schema, takesValue }: TaskFlag): string => (takesValue ? `${flag} ${valueName(key, schema)}` : flag)

/** What lists call the value of an option: the title of its schema, such as ACCOUNT, or else the option itself. */
const valueName = (key: string, type: z.ZodType): string => type.meta()?.title ?? optionName(key).toUpperCase()
