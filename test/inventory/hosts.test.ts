import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHosts } from '../../src/inventory/hosts.ts'
import type { Servers } from '../../src/inventory/hosts.ts'

const made = (servers: Servers, ssh = {}) => {
  const { hosts, problems } = makeHosts(servers, ssh)
  assert.deepEqual(problems, [])
  return hosts
}
const refused = (servers: Servers) => makeHosts(servers).problems.map(({ path, message }) => `${path.join('.')}: ${message}`)

test('a server that is a string plays every role', () => {
  const [host] = made(['deploy@staging.example.com'])
  assert.equal(host!.name, 'staging.example.com')
  assert.equal(host!.user, 'deploy')
  assert.equal(host!.port, undefined)
  assert.equal(host!.release, true)
  for (const role of ['app', 'db', 'worker', 'anything']) assert.equal(host!.has(role), true)
})

test('a server with roles plays only those', () => {
  const [host] = made([{ host: 'a1', roles: ['app', 'web'] }])
  assert.deepEqual(host!.roles, ['app', 'web'])
  assert.equal(host!.has('web'), true)
  assert.equal(host!.has('db'), false)
})

test('servers by role give a host the roles of all its entries, in the order of its first mention', () => {
  const hosts = made({ app: ['a1', 'a2'], db: ['a1'], worker: ['deploy@w1'] })
  assert.deepEqual(
    hosts.map((host) => [host.name, host.roles]),
    [
      ['a1', ['app', 'db']],
      ['a2', ['app']],
      ['w1', ['worker']],
    ],
  )
})

test('servers by role merge the entries of one host', () => {
  const hosts = made({ app: ['a1'], db: [{ host: 'deploy@a1', primary: true, vars: { disk: 'big' }, ssh: { proxyJump: 'gw' } }] })
  assert.equal(hosts.length, 1)
  const [host] = hosts
  assert.equal(host!.user, 'deploy')
  assert.equal(host!.primary, true)
  assert.deepEqual(host!.vars, { disk: 'big' })
  assert.deepEqual(host!.ssh, { proxyJump: 'gw' })
})

test('servers by role refuse contradictory entries of one host', () => {
  assert.match(refused({ app: ['deploy@a1'], db: ['root@a1'] }).join(), /^db\.0: a1 is named twice, with user "deploy" and "root"/)
  assert.match(refused({ app: [{ host: 'a1', vars: { x: 1 } }], db: [{ host: 'a1', vars: { x: 2 } }] }).join(), /vars\.x 1 and 2/)
  assert.match(refused({ app: [{ host: 'a1', release: false }], db: [{ host: 'a1', release: true }] }).join(), /release false and true/)
  assert.match(refused({ app: [{ host: 'a1', ssh: { port: 1 } }], db: [{ host: 'a1', ssh: { port: 2 } }] }).join(), /ssh\.port 1 and 2/)
})

test('one host with two ports is two hosts', () => {
  assert.deepEqual(
    made({ app: ['gw:2201', 'gw:2202'] }).map((host) => host.name),
    ['gw:2201', 'gw:2202'],
  )
  assert.deepEqual(
    made([
      { host: 'gw', port: 2201 },
      { host: 'gw', port: 2202 },
    ]).map((host) => [host.name, host.port]),
    [
      ['gw:2201', 2201],
      ['gw:2202', 2202],
    ],
  )
})

test('a list of servers refuses a host that occurs twice', () => {
  assert.match(
    refused([
      { host: 'a1', roles: ['app'] },
      { host: 'deploy@a1', roles: ['db'] },
    ]).join(),
    /^1: a1 is listed twice; name all its roles in one entry/,
  )
})

test('a user or port may repeat that of the host string, and not contradict it', () => {
  assert.equal(made([{ host: 'deploy@a1', user: 'deploy' }])[0]!.user, 'deploy')
  assert.match(refused([{ host: 'deploy@a1', user: 'root' }]).join(), /user: "deploy" and "root"/)
  assert.match(refused([{ host: 'a1:1', port: 2 }]).join(), /port: 1 and 2/)
})

test('every invalid server of a list is reported with its location', () => {
  assert.deepEqual(
    refused(['a 1', 'ok', { host: 'b:x' }]).map((line) => line.split(':')[0]),
    ['0', '2'],
  )
})

test("ssh options of the stage apply to every host, and a host's own win", () => {
  const [a, b] = made([{ host: 'a1', ssh: { user: 'root', hostKeys: 'yes' } }, 'ops@a2'], {
    user: 'deploy',
    port: 2200,
    hostKeys: 'accept-new',
  })
  assert.deepEqual([a!.user, a!.port, a!.ssh.hostKeys], ['root', 2200, 'yes'])
  assert.deepEqual([b!.user, b!.port, b!.ssh.hostKeys], ['ops', 2200, 'accept-new'])
  assert.deepEqual([a!.name, b!.name], ['a1', 'a2'], 'a port for all of them is not part of a name')
})

test('an IPv6 host is named by its address, in brackets with a port', () => {
  assert.deepEqual(
    made(['::1', 'u@[2001:db8::7]:2200']).map((host) => [host.name, host.address]),
    [
      ['::1', '::1'],
      ['[2001:db8::7]:2200', '2001:db8::7'],
    ],
  )
})
