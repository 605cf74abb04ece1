import type { StepsContext } from '../../src/index.ts'
import { INSPEQTOR, MONIT } from '../by-name.ts'
import { SIZES } from './parse.ts'
import type { Rule } from './types.ts'

/** The most that a service may use before one of its rules trips. */
export interface Limit {
  /** its name in the settings */
  readonly service: string
  /** its unit, job or process without `.service`; undefined: those of `sidekiq()`, or the one with the service's name */
  readonly name: string | undefined
  /** bytes; the lowest of the rules on memory:rss and memory:total_rss */
  readonly rss?: number
  /** percent; the lowest of the CPU rules */
  readonly cpu?: number
}

/** The limits that the stage's `inspeqtor()` and `monit()` set. */
export const limitsOf = (c: Pick<StepsContext, 'settingsOf'>): readonly Limit[] => [
  ...Object.entries(c.settingsOf(INSPEQTOR)?.services ?? {}).flatMap(([service, { name, rules }]) =>
    (name ?? [undefined]).map((one) => limitOf(service, one, rules)),
  ),
  ...Object.entries(c.settingsOf(MONIT)?.services ?? {}).map(([service, { unit, rules }]) =>
    limitOf(service, unit?.replace(/\.service$/, ''), rules),
  ),
]

const limitOf = (service: string, name: string | undefined, rules: readonly Rule[]): Limit => {
  const lowest = (of: (rule: Rule) => boolean): number | undefined => {
    const amounts = rules.filter((rule) => rule.side === '>' && of(rule)).map(({ amount }) => amount.value * SIZES[amount.unit])
    return amounts.length === 0 ? undefined : Math.min(...amounts)
  }
  const rss = lowest(({ metric, amount }) => metric.family === 'memory' && amount.unit !== '%')
  const cpu = lowest(({ metric }) => metric.family === 'cpu')
  return { service, name, ...(rss !== undefined && { rss }), ...(cpu !== undefined && { cpu }) }
}
