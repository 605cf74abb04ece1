import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostNames } from '../../src/values/host-names.ts'

const hosts = (n: number): string[] => Array.from({ length: n }, (_, i) => `web${i + 1}`)

test('hosts within the limits are all named', () => {
  assert.equal(hostNames(hosts(3)), 'web1, web2, web3')
  assert.equal(hostNames(hosts(3), { most: 3, columns: 16, longer: 'first' }), 'web1, web2, web3')
  assert.equal(hostNames([]), '')
})

test('more hosts than there is room for become a count, the first and the last, or the first ones', () => {
  assert.equal(hostNames(hosts(14), { most: 4 }), '14 hosts')
  assert.equal(hostNames(hosts(3), { columns: 15 }), '3 hosts')
  assert.equal(hostNames(hosts(14), { most: 4, longer: 'ends' }), 'web1 … web14')
  assert.equal(hostNames(hosts(14), { most: 2, longer: 'first' }), 'web1, web2 and 12 more')
  assert.equal(hostNames(hosts(14), { columns: 20, longer: 'first' }), 'web1 and 13 more')
})

test('names that have no room become a count, also where the first ones would be named', () => {
  assert.equal(hostNames(hosts(14), { columns: 10, longer: 'first' }), '14 hosts')
  assert.equal(hostNames(hosts(14), { columns: 10, longer: 'ends' }), '14 hosts')
  assert.equal(hostNames(['a-very-long-name'], { columns: 10, longer: 'first' }), '1 host')
})

test('the room is counted in columns of a terminal', () => {
  assert.equal(hostNames(['漢字', '仮名'], { columns: 10 }), '漢字, 仮名')
  assert.equal(hostNames(['漢字', '仮名'], { columns: 9 }), '2 hosts')
})
