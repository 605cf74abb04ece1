import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shareSize } from '../../src/values/share.ts'

test('a share is a number of hosts, or a percentage that is rounded up and leaves one at work', () => {
  assert.deepEqual(
    [
      [1, 4],
      [9, 4],
      ['50%', 4],
      ['50%', 3],
      ['1%', 10],
      ['100%', 4],
      ['100%', 2],
      ['100%', 1],
      ['34%', 3],
    ].map(([size, hosts]) => shareSize(size!, hosts as number)),
    [1, 9, 2, 2, 1, 3, 1, 1, 2],
  )
})

test('what is neither is refused', () => {
  for (const size of [0, -1, 1.5, Number.NaN, Infinity, '', '0%', '101%', '50', '%', '5 %', ' 5%', '1e1%', '-5%', '0x1%'])
    assert.throws(() => shareSize(size, 4), /is not a share of the hosts/)
})

test('whatever percentage of however many hosts: somebody goes, and of two somebody stays', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 2, max: 500 }), (percent, hosts) => {
      const size = shareSize(`${percent}%`, hosts)
      return size >= 1 && size < hosts && (percent === 100 || size >= (hosts * percent) / 100 || size === hosts - 1)
    }),
  )
})
