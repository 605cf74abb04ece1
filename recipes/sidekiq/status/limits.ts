import type { BaseContext } from '../../../src/index.ts'
import { inspeqtor, limitsOf as ofInspeqtor } from '../../inspeqtor/index.ts'
import { limitsOf as ofMonit, monit } from '../../monit/index.ts'
import type { Limit } from '../../rules/limits.ts'

/** What the rules of this stage's other recipes let services use. */
export const limitsOf = (c: Pick<BaseContext, 'settingsOf'>): readonly Limit[] => {
  const [rules, monitored] = [c.settingsOf(inspeqtor), c.settingsOf(monit)]
  return [...(rules === undefined ? [] : ofInspeqtor(rules)), ...(monitored === undefined ? [] : ofMonit(monitored))]
}

/** The least of the limits that are for this unit: by its name, or for Sidekiq as a whole. */
export const least = (limits: readonly Limit[], unit: string, what: 'rss' | 'cpu'): number =>
  Math.min(
    ...limits
      .filter(({ name, service }) => (name ?? service) === unit || (name === undefined && service === 'sidekiq'))
      .map((limit) => limit[what] ?? Infinity),
  )
