import { z } from 'zod'
import { found, problemsOf } from './problems.ts'

/**
 * A schema that depends on the value: the one that `pick` names has to hold, or none. Unlike a union, it says what is wrong inside.
 * A text says what was expected, where the value is nothing of the kind.
 */
export const choose = (pick: (value: unknown) => z.ZodType | string | undefined) =>
  // not z.unknown(): a missing key must not pass for one that holds undefined
  z.any().check((ctx) => {
    const schema = pick(ctx.value)
    if (schema === undefined) return
    if (typeof schema === 'string') {
      const message = ctx.value === undefined ? `is missing: expected ${schema}` : `expected ${schema}, found ${found(ctx.value)}`
      ctx.issues.push({ code: 'custom', message, input: ctx.value })
      return
    }
    for (const { path, message } of problemsOf(schema, ctx.value)) {
      ctx.issues.push({ code: 'custom', path: [...path], message, input: ctx.value })
    }
  })
