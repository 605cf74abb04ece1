import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupHosts, groupLabel, groupNames, hostsInText } from '../../src/output/host-groups.ts'

const hosts = Array.from({ length: 14 }, (_, i) => `web${i + 1}`)

test('hosts with the same are in one group, each once, in the order of the first', () => {
  const rows = ['a', 'b', 'a', 'c'].map((host) => ({ host, of: host === 'b' ? 1 : 2 }))
  assert.deepEqual(
    groupHosts(rows, (of) => of).map((group) => group.hosts),
    [['a', 'c'], ['b']],
  )
})

test('only the largest group is counted, because the others name the hosts that differ', () => {
  assert.equal(groupNames(hosts, 14), '14 hosts')
  assert.equal(groupNames(hosts.slice(0, 5), 14), 'web1, web2, web3, web4, web5')
})

test('a label that counts hosts comes with the ones that it counts', () => {
  assert.deepEqual(groupLabel(hosts.slice(0, 2), hosts), { label: 'web1, web2', which: '' })
  assert.deepEqual(groupLabel(hosts, hosts), { label: '14 hosts', which: '' })
  assert.deepEqual(groupLabel(hosts.slice(1), hosts), { label: '13 hosts', which: 'all but web1' })
  assert.deepEqual(groupLabel(hosts.slice(9), hosts), { label: '5 hosts', which: 'web10, web11, web12, web13, web14' })
})

test('hosts are named in the order of the inventory, whatever order they came in', () => {
  assert.equal(groupLabel(['web3', 'web1'], hosts).label, 'web1, web3')
  assert.equal(groupLabel(hosts.slice(9).toReversed(), hosts).which, 'web10, web11, web12, web13, web14')
  assert.equal(hostsInText(['web14', 'web2'], hosts), 'web2, web14')
})

test('a sentence names each host, unless it is about all of them but a few', () => {
  assert.equal(hostsInText(hosts, hosts), '14 hosts')
  assert.equal(hostsInText(hosts.slice(1), hosts), '13 hosts (all but web1)')
  assert.equal(hostsInText(hosts.slice(9), hosts), 'web10, web11, web12, web13, web14')
  assert.equal(hostsInText(hosts.slice(9), undefined), 'web10, web11, web12, web13, web14')
})
