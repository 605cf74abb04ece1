import type { BaseContext } from '../../../src/index.ts'
import { inspeqtor, limitsOf as ofInspeqtor } from '../../inspeqtor/index.ts'
import { limitsOf as ofMonit, monit } from '../../monit/index.ts'
import type { Limit } from '../../rules/limits.ts'

/** The limits that this stage's other recipes set for services. */
export const limitsOf = (c: Pick<BaseContext, 'settingsOf'>): readonly Limit[] => {
  const [rules, monitored] = [c.settingsOf(inspeqtor), c.settingsOf(monit)]
  return [...(rules === undefined ? [] : ofInspeqtor(rules)), ...(monitored === undefined ? [] : ofMonit(monitored))]
}

/** The lowest limit for this unit: by its name, or for Sidekiq as a whole. */
export const least = (limits: readonly Limit[], unit: string, what: 'rss' | 'cpu'): number =>
  Math.min(
    ...limits
      .filter(({ name, service }) => (name ?? service) === unit || (name === undefined && service === 'sidekiq'))
      .map((limit) => limit[what] ?? Infinity),
  )
