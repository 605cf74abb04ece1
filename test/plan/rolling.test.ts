import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hostShareSize } from '../../src/values/host-share.ts'

test('a share is a number of hosts, or a percentage that is rounded up and leaves one host at work', () => {
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
    ].map(([size, hosts]) => hostShareSize(size!, hosts as number)),
    [1, 9, 2, 2, 1, 3, 1, 1, 2],
  )
})

test('hostShareSize refuses anything else', () => {
  for (const size of [0, -1, 1.5, Number.NaN, Infinity, '', '0%', '101%', '50', '%', '5 %', ' 5%', '1e1%', '-5%', '0x1%'])
    assert.throws(() => hostShareSize(size, 4), /is not a share of the hosts/)
})

test('a percentage takes at least one host, and leaves at least one of two or more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 2, max: 500 }), (percent, hosts) => {
      const size = hostShareSize(`${percent}%`, hosts)
      return size >= 1 && size < hosts && (percent === 100 || size >= (hosts * percent) / 100 || size === hosts - 1)
    }),
  )
})
