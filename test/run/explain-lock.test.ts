import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainLock } from '../../src/run/explain-lock.ts'
import { hostOf } from '../support/context.ts'

const reasonOf = (since: number): string =>
  explainLock(
    { taken: false, run: 'r', owner: 'anna@desk', what: 'production deploy', since },
    hostOf(),
    '/srv/shop',
    new Date(1_764_000_060_000),
  ).reason

test('a held lock is explained with its owner, and with a time if the lock file has one', () => {
  const owner = 'locked by anna@desk: production deploy'
  assert.equal(reasonOf(1_764_000_000), `${owner}, since 2025-11-24 16:00:00 UTC (60 seconds ago)`)
  for (const wrong of [0, -5, Number.NaN, Infinity, 1e300]) assert.equal(reasonOf(wrong), owner)
})

test('the lock of a run that goes on is answered with the option that waits for it', () => {
  const held = { taken: false, run: 'r', owner: 'anna@desk', what: 'production deploy', since: 1 } as const
  const { hint } = explainLock(held, hostOf(), '/srv/shop', new Date())
  assert.equal(hint, 'wait until that run has ended, or let shipit wait: --wait-for-lock 10m; its lock ends with it, even if it is killed')
})
