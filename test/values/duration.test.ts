import assert from 'node:assert/strict'
import { test } from 'node:test'
import { humanTime } from '../../src/values/duration.ts'

test('humanTime() shows the two largest units', () => {
  const times = [850, 4200, 185_000, 3_599_400, 3_600_000, 21_600_000, 22_260_000].map(humanTime)
  assert.deepEqual(times, ['850ms', '4.2s', '3m 05s', '59m 59s', '1h 00m', '6h 00m', '6h 11m'])
})
