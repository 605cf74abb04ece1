import { SIZES } from './parse.ts'
import type { Rule } from './types.ts'

/** The most that a service may use before one of its rules trips. */
export interface Limit {
  /** its name in the settings */
  readonly service: string
  /** its unit, job or process without `.service`; undefined: those of Sidekiq's recipe, or the one with the service's name */
  readonly name: string | undefined
  /** bytes; the lowest of the rules on memory:rss and memory:total_rss */
  readonly rss?: number
  /** percent; the lowest of the CPU rules */
  readonly cpu?: number
}

/** The limits in the rules of one service. */
export const limitOf = (service: string, name: string | undefined, rules: readonly Rule[]): Limit => {
  const least = (of: (rule: Rule) => boolean): number | undefined => {
    const found = rules.filter((rule) => rule.side === '>' && of(rule)).map(({ amount }) => amount.value * SIZES[amount.unit])
    return found.length === 0 ? undefined : Math.min(...found)
  }
  const rss = least(({ metric, amount }) => metric.family === 'memory' && amount.unit !== '%')
  const cpu = least(({ metric }) => metric.family === 'cpu')
  return { service, name, ...(rss !== undefined && { rss }), ...(cpu !== undefined && { cpu }) }
}
