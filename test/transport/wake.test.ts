import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lossReason } from '../../src/transport/session-reasons.ts'
import { wake } from '../../src/transport/wake.ts'

/** What is said of a sleep, after beats and looks at these seconds. */
const at = (...seconds: readonly number[]) => {
  let now = 0
  const one = wake(30_000, () => now)
  for (const second of seconds.slice(0, -1)) {
    now = second * 1000
    one.beat()
  }
  now = seconds.at(-1)! * 1000
  return one.slept()
}

for (const [what, seconds, slept] of [
  ['a process that ran all the time did not sleep', [10, 20, 30, 40], undefined],
  ['a beat that is late by less than the gap is no sleep', [10, 39.9, 49], undefined],
  ['a sleep is seen before the first beat after it', [10, 130], 120_000],
  ['a sleep is seen after the first beat after it', [10, 130, 131], 120_000],
  ['a sleep explains what is found within a minute', [10, 130, 140, 150, 160, 170, 180, 190], 120_000],
  ['a sleep explains nothing later', [10, 130, 140, 150, 160, 170, 180, 190, 191], undefined],
  ['the later of two sleeps counts', [10, 130, 140, 180], 40_000],
] as const) {
  test(what, () => assert.equal(at(...seconds), slept))
}

test('a session that was lost while this process slept is lost for that', () => {
  const error = new Error('the keeper on the host ended (SIGKILL)')
  assert.equal(lossReason(error, undefined), error)
  assert.equal(
    lossReason(error, 125_000).message,
    'this machine, or shipit on it, did not run for 2m 05s, and the host took it for gone (the keeper on the host ended (SIGKILL))',
  )
})
