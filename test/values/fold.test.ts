import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fold } from '../../src/values/fold.ts'

test('equal things are folded, in the order of the first of each', () => {
  const all = [
    { host: 'a', exit: 1, text: ['x'] },
    { host: 'b', exit: 0, text: ['x'] },
    { host: 'c', exit: 1, text: ['x'] },
    { host: 'd', exit: 1, text: ['y'] },
  ]
  const hosts = fold(all, ({ exit, text }) => [exit, text]).map((group) => group.map(({ host }) => host))
  assert.deepEqual(hosts, [['a', 'c'], ['b'], ['d']])
})

test('a missing value is one like any other', () => {
  assert.deepEqual(
    fold([undefined, 'a', undefined], (one) => one).map((group) => group.length),
    [2, 1],
  )
  assert.deepEqual(fold([], String), [])
})
