import { z } from 'zod'
import { found, problemsOf } from './problems.ts'

/**
 * A schema that depends on the value: `pick` returns the schema to check, or none. Unlike a union, it reports what is wrong inside. `pick`
 * returns a text for a value of the wrong kind: what was expected.
 */
export const choose = (pick: (value: unknown) => z.ZodType | string | undefined) =>
  // not z.unknown(): a missing key must not count as a key that holds undefined
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
