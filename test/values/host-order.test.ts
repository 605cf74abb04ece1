import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupsInHostOrder, inHostOrder } from '../../src/values/host-order.ts'

const hosts = ['a', 'b', 'c']
const itself = (one: string) => (one === 'none' ? undefined : one)

test('inHostOrder() sorts by the inventory: what is of no host first, of another one last, equal ones as they were', () => {
  assert.deepEqual(inHostOrder(['c', 'x', 'a', 'none', 'b'], itself, hosts), ['none', 'a', 'b', 'c', 'x'])
  assert.deepEqual(
    inHostOrder(['b2', 'a1', 'b1'], (one) => one[0], hosts),
    ['a1', 'b2', 'b1'],
  )
  assert.deepEqual(inHostOrder(['c', 'a'], itself, undefined), ['c', 'a'])
})

test('groupsInHostOrder() keeps what came first in its place, and sorts only within it', () => {
  const all = ['c update', 'b clean', 'a update', 'a clean']
  const sorted = groupsInHostOrder(
    all,
    (one) => one.slice(2),
    (one) => one[0],
    hosts,
  )
  assert.deepEqual(sorted, ['a update', 'c update', 'a clean', 'b clean'])
})
