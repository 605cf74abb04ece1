import { z } from 'zod'
import { parseRule, problemText } from './parse.ts'
import type { Rule } from './types.ts'

type Size = 'k' | 'm' | 'g' | 't' | 'p' | 'K' | 'M' | 'G' | 'T' | 'P'
type AmountText = `${bigint}` | `${bigint}${Size}` | `${bigint}%`
type ActionText = `${'alert' | 'restart' | 'reload'}${string}`
/** A rule as text. A `>=`, a `1.5g`, a `500MB` and a `for 2 cycle` are compile errors. */
export type RuleText = `${string} ${'<' | '>'} ${AmountText}${'' | '/sec' | ` for ${bigint} cycles`} then ${ActionText}`

/** The same as an object, with either `over` or `under`. */
export interface RuleParts {
  /**
   * What is measured.
   * @example 'memory:total_rss'
   */
  readonly metric: string
  /**
   * More than this: a number in the metric's own unit, or a string. Give one of `over` and `under`.
   * @example '500m'
   */
  readonly over?: number | AmountText
  /**
   * Less than this.
   * @example '5%'
   */
  readonly under?: number | AmountText
  /** For how many cycles in a row. */
  readonly cycles?: number
  /** What to do then, one action or several. */
  readonly then: RuleAction | readonly RuleAction[]
  /** The name of the route that gets the alerts. */
  readonly route?: string
}
export type RuleAction = 'alert' | 'restart' | 'reload'
export type RuleInput = RuleText | RuleParts

const amount = z.union([z.number(), z.string()]).optional()
const action = z.enum(['alert', 'restart', 'reload'])
const parts = z.strictObject({
  metric: z.string(),
  over: amount,
  under: amount,
  cycles: z.number().int().min(1).optional(),
  then: z.union([action, z.array(action).min(1)]),
  route: z.string().min(1).optional(),
})

/** A rule as a setting. `wrong` gives further reasons to reject it, such as that it would never do anything. */
export const ruleSchema = (wrong: (rule: Rule) => string | undefined) =>
  z.union([z.string(), parts]).transform((given, context): Rule => {
    const fail = (message: string) => {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    if (typeof given !== 'string' && (given.over === undefined) === (given.under === undefined)) return fail('needs either over or under')
    if (typeof given !== 'string' && given.route !== undefined && ![given.then].flat().includes('alert'))
      return fail(`has a route, ${JSON.stringify(given.route)}, but no alert to send there`)
    const text = typeof given === 'string' ? given : textOf(given)
    const parsed = parseRule(text)
    if (!parsed.ok) return fail(`${JSON.stringify(text)}, ${problemText(parsed.problem)}`)
    const why = wrong(parsed.value)
    return why === undefined ? parsed.value : fail(`${JSON.stringify(text)}: ${why}`)
  }) as unknown as z.ZodType<Rule, RuleInput>

const textOf = (given: z.output<typeof parts>): string => {
  const { metric, over, under, cycles, then, route } = given
  const actions = [then].flat().map((one) => (one === 'alert' && route !== undefined ? `alert "${route}"` : one))
  const times = cycles === undefined ? '' : ` for ${cycles} cycles`
  return `${metric} ${over === undefined ? '<' : '>'} ${over ?? under}${times} then ${actions.join(', ')}`
}
