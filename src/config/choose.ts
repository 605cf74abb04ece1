import { z } from 'zod'
import { problemsOf } from './problems.ts'

/** A schema that depends on the value: the one that `pick` names has to hold, or none. Unlike a union, it says what is wrong inside. */
export const choose = (pick: (value: unknown) => z.ZodType | undefined) =>
  // not z.unknown(): a missing key must not pass for one that holds undefined
  z.any().check((ctx) => {
    const schema = pick(ctx.value)
    if (!schema) return
    for (const { path, message } of problemsOf(schema, ctx.value)) {
      ctx.issues.push({ code: 'custom', path: [...path], message, input: ctx.value })
    }
  })
