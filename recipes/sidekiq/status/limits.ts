import type { BaseContext } from '../../../src/index.ts'

/** What a rule of Monit or Inspeqtor lets a process use: bytes, percent of one processor. */
export interface Limit {
  readonly rss?: number
  readonly cpu?: number
}

/** The limits that the other recipes of this stage watch. */
export const limitsOf = (_c: Pick<BaseContext, 'settingsOf'>): readonly Limit[] => []
