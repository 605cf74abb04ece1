import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterHosts } from '../../src/inventory/filter.ts'
import type { Filter } from '../../src/inventory/filter.ts'
import { makeHosts } from '../../src/inventory/hosts.ts'

const { hosts } = makeHosts([
  { host: 'deploy@web1.example.com', roles: ['web', 'app'] },
  { host: 'web2.example.com:2222', roles: ['web'] },
  { host: 'db1', roles: ['db'] },
])
const left = (filter: Filter) => filterHosts(hosts, filter).map((host) => host.name)

test('hosts are all left without a filter', () => assert.equal(left({}).length, 3))
test('--hosts names a host exactly, as output does or by its address', () => {
  assert.deepEqual(left({ hosts: 'db1' }), ['db1'])
  assert.deepEqual(left({ hosts: 'web2.example.com:2222' }), ['web2.example.com:2222'])
  assert.deepEqual(left({ hosts: 'web2.example.com' }), ['web2.example.com:2222'])
})
test('items of a filter add up, in the order of the inventory', () => {
  assert.deepEqual(left({ hosts: 'db1, web1.example.com' }), ['web1.example.com', 'db1'])
  assert.deepEqual(left({ hosts: ['db1', 'web1.example.com'] }), ['web1.example.com', 'db1'])
})
test('an item between slashes is a regular expression, with commas and escaped slashes', () => {
  assert.deepEqual(left({ hosts: '/^web/' }), ['web1.example.com', 'web2.example.com:2222'])
  assert.deepEqual(left({ hosts: '/^WEB1/i,db1' }), ['web1.example.com', 'db1'])
  assert.deepEqual(left({ hosts: '/^[a-z]{1,2}1$/' }), ['db1'])
  assert.deepEqual(left({ roles: '/^(db|app)$/' }), ['web1.example.com', 'db1'])
})
test('--hosts and --roles narrow each other', () => assert.deepEqual(left({ hosts: '/example/', roles: 'app' }), ['web1.example.com']))

const refused = (filter: Filter, message: RegExp, hint?: RegExp) =>
  assert.throws(
    () => left(filter),
    (error: Error & { exit: number; hint?: string }) => {
      assert.equal(error.exit, 2)
      assert.match(error.message, message)
      if (hint) assert.match(error.hint ?? '', hint)
      return true
    },
  )

test('an item that matches no host is an error with the nearest name, even next to one that matches', () => {
  refused({ hosts: 'db1,db2' }, /--hosts db2 matches no host \(did you mean "db1"\?\)/, /the hosts are web1\.example\.com, web2/)
  refused({ roles: 'wbe' }, /--roles wbe matches no host \(did you mean "web"\?\)/, /the roles are web, app, db/)
  refused({ hosts: '/^x/' }, /matches no host/)
})
test('an item that matches no host names the only host, and the only role', () => {
  const one = makeHosts([{ host: 'web1', roles: ['web'] }]).hosts
  assert.throws(() => filterHosts(one, { hosts: 'zzz' }), { hint: 'the only host is web1' })
  assert.throws(() => filterHosts(one, { roles: 'zzz' }), { hint: 'the only role is web' })
})
test("filters that leave no host together are an error that lists each host's roles", () =>
  refused({ hosts: 'db1', roles: 'web' }, /no host matches --hosts db1 and --roles web together/, /db1 is db/))
test('an empty filter and an invalid expression are errors', () => {
  refused({ hosts: '' }, /names nothing/)
  refused({ hosts: ' , ' }, /names nothing/)
  refused({ hosts: '/(/' }, /not a regular expression/)
})
test('a server that plays every role passes any --roles', () => {
  assert.equal(filterHosts(makeHosts(['box']).hosts, { roles: 'worker' }).length, 1)
})

test('a server that plays every role does not hide a typo in --roles', () => {
  const { hosts } = makeHosts(['box', { host: 'd1', roles: ['db', 'worker'] }])
  assert.throws(() => filterHosts(hosts, { roles: 'wroker' }), { message: '--roles wroker matches no host (did you mean "worker"?)' })
  assert.deepEqual(
    filterHosts(hosts, { roles: 'worker' }).map(({ name }) => name),
    ['box', 'd1'],
  )
})
