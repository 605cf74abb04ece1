import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportProgress } from '../../src/run/transfer.ts'

test('progress is reported from the first second on, and four times a second', (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  const reported: number[] = []
  const progress = reportProgress((done) => reported.push(done))
  for (let ms = 0; ms < 2000; ms += 50) {
    progress(ms, 2000)
    t.mock.timers.tick(50)
  }
  assert.deepEqual(reported, [1000, 1250, 1500, 1750])
})
