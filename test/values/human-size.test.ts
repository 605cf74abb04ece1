import assert from 'node:assert/strict'
import { test } from 'node:test'
import { humanSize } from '../../src/values/human-size.ts'

test('humanSize() has two or three digits, and the unit that fits', () => {
  const sizes = [0, 1, 999, 1000, 9949, 9960, 12_345, 999_499, 999_600, 1_234_567, 5e9, 2e15]
  const shown = ['0 bytes', '1 byte', '999 bytes', '1.0 kB', '9.9 kB', '10 kB', '12 kB', '999 kB', '1.0 MB', '1.2 MB', '5.0 GB', '2000 TB']
  assert.deepEqual(sizes.map(humanSize), shown)
})
