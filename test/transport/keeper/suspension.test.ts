import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lossReason } from '../../../src/transport/session/reasons.ts'
import { watchSuspension } from '../../../src/transport/keeper/suspension.ts'

/** The suspension that is found at the last of these seconds, after beats at the others. */
const at = (...seconds: readonly number[]) => {
  let now = 0
  const one = watchSuspension(30_000, () => now)
  for (const second of seconds.slice(0, -1)) {
    now = second * 1000
    one.beat()
  }
  now = seconds.at(-1)! * 1000
  return one.suspended()
}

for (const [what, seconds, ms] of [
  ['a process that ran all the time was not suspended', [10, 20, 30, 40], undefined],
  ['a beat that is late by less than the gap is not a suspension', [10, 39.9, 49], undefined],
  ['a suspension is seen before the first beat after it', [10, 130], 120_000],
  ['a suspension is still seen after the next beat', [10, 130, 131], 120_000],
  ['a suspension counts for a minute', [10, 130, 140, 150, 160, 170, 180, 190], 120_000],
  ['a suspension does not count after that', [10, 130, 140, 150, 160, 170, 180, 190, 191], undefined],
  ['the later of two suspensions counts', [10, 130, 140, 180], 40_000],
] as const) {
  test(what, () => assert.equal(at(...seconds), ms))
}

test('a session lost while this process was suspended has that as its reason', () => {
  const error = new Error('the keeper on the host ended (SIGKILL)')
  assert.equal(lossReason(error, undefined), error)
  assert.equal(
    lossReason(error, 125_000).message,
    'this machine, or shipit on it, was suspended for 2m 05s, so the host ended the run (the keeper on the host ended (SIGKILL))',
  )
})
