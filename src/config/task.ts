import type { z } from 'zod'
import type { NoOthers } from './each.ts'
import type { TaskWithArgs } from '../tasks/types.ts'

/**
 * A task whose functions get `args` with the types of its schema wherever the task is written: in a stage, a hook, `override`, `each()` or a
 * variable. `task({ args: z.object({ file: z.string() }), steps: ({ args }) => [sh`rm ${args.file}`] })`. Returns its argument.
 */
// Without NoInfer, what a hook or override expects would be inferred for D, and hide the types of the schema.
export const task = <const D, A extends z.ZodObject = z.ZodObject<{}>>(def: D & NoOthers<D> & { args?: A } & TaskWithArgs<A>): NoInfer<D> =>
  def
