import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHosts } from '../../src/inventory/hosts.ts'
import { primaryOf, rolesOf, select } from '../../src/inventory/select.ts'
import type { Selector } from '../../src/inventory/types.ts'

const { hosts } = makeHosts([
  { host: 'a1', roles: ['app', 'web'] },
  { host: 'a2', roles: ['app'], primary: true },
  { host: 'd1', roles: ['db'] },
  { host: 'd2', roles: ['db'] },
  { host: 'log', roles: ['log'], release: false },
])
const names = (selector?: Selector) => select(hosts, selector).map((host) => host.name)

test('a missing selector selects every host with releases', () => assert.deepEqual(names(), ['a1', 'a2', 'd1', 'd2']))
test('all selects all hosts', () => assert.deepEqual(names('all'), ['a1', 'a2', 'd1', 'd2', 'log']))
test('local selects no host', () => assert.deepEqual(names('local'), []))
test('a role selects its hosts, with releases or without', () => {
  assert.deepEqual(names('app'), ['a1', 'a2'])
  assert.deepEqual(names('log'), ['log'])
  assert.deepEqual(names('nobody'), [])
})
test('several roles add up in the order of the inventory, each host once', () =>
  assert.deepEqual(names(['db', 'web', 'app']), ['a1', 'a2', 'd1', 'd2']))
test('`where` and `except` narrow a selection', () => {
  assert.deepEqual(names({ roles: 'all', except: ['db', 'web'] }), ['a2', 'log'])
  assert.deepEqual(names({ roles: ['app', 'db'], where: (host) => host.name.endsWith('1') }), ['a1', 'd1'])
  assert.deepEqual(names({ except: ['app'] }), ['d1', 'd2'])
})
test('the primary is the host marked as such, or the first', () => {
  assert.deepEqual(names({ roles: ['app'], primary: true }), ['a2'])
  assert.deepEqual(names({ roles: ['db'], primary: true }), ['d1'])
  assert.deepEqual(names({ roles: ['nobody'], primary: true }), [])
  assert.equal(primaryOf([]), undefined)
})
test('a filter does not make another host the primary', () => {
  const left = hosts.filter((host) => host.name === 'd2')
  assert.deepEqual(select(hosts, { roles: ['db'], primary: true }, left), [])
  assert.deepEqual(
    select(hosts, 'db', left).map((host) => host.name),
    ['d2'],
  )
})
test('a required selector without a host lists the roles, with the nearest', () => {
  assert.throws(() => names({ roles: ['wbe'], required: true }), {
    exit: 2,
    message: 'no host for "wbe" (did you mean "web"?)',
    hint: 'the roles of this stage are app, web, db, log',
  })
})
test('a required selector whose hosts are left out says what leaves them out', () => {
  const refused = (selector: Selector, among = hosts) => {
    try {
      select(hosts, selector, among)
    } catch (error) {
      const { message, hint } = error as { message: string; hint?: string }
      return [message, hint]
    }
    return []
  }
  const start = 'no host is left, but one is required: '
  assert.deepEqual(refused({ roles: ['app', 'web'], where: () => false, required: true }), [
    `${start}its \`where\` is false for every host with the role app or web: a1, a2`,
    undefined,
  ])
  assert.deepEqual(
    refused({ where: () => false, required: true })[0],
    `${start}its \`where\` is false for every host that gets releases: a1, a2, d1, d2`,
  )
  assert.deepEqual(
    refused({ roles: ['web'], except: ['app'], required: true })[0],
    `${start}\`except\` leaves out every host with the role web: a1`,
  )
  assert.deepEqual(refused({ roles: ['db'], required: true }, hosts.slice(0, 2)), [
    'no host for "db" is left by the filters',
    'it is for d1, d2',
  ])
})

test('a server without roles is selected by any role, and except does not exclude it', () => {
  const one = makeHosts(['box']).hosts
  for (const selector of [
    'app',
    ['db', 'worker'],
    { roles: ['x'], primary: true },
    { roles: 'all', except: ['db'] },
  ] satisfies Selector[]) {
    assert.deepEqual(
      select(one, selector).map((host) => host.name),
      ['box'],
    )
  }
  assert.deepEqual(rolesOf(one), [])
})

test('a where that returns anything but true or false is an error', () => {
  for (const [answer, said] of [
    [undefined, 'undefined'],
    [null, 'null'],
    [1, '1'],
    ['', '""'],
    [Promise.resolve(false), 'a promise'],
  ] as const)
    assert.throws(() => names({ where: () => answer as never }), {
      message: `where returned ${said} for a1: it must return true or false, and cannot be async`,
      exit: 2,
    })
})
