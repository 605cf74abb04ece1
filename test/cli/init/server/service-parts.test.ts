import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceParts } from '../../../../src/cli/init/server/service-parts.ts'
import type { LiveService } from '../../../../src/cli/init/server/live-application.ts'

const service = (name: string, more: Partial<LiveService> = {}): LiveService => ({
  name: name.includes('.') ? name : `${name}.service`,
  scope: 'system',
  runs: /sidekiq|mailer/.test(name) ? 'sidekiq' : /puma/.test(name) ? 'puma' : 'other',
  sockets: [],
  left: undefined,
  on: ['a1'],
  ...more,
})
const code = (services: readonly LiveService[], on: readonly string[] = ['a1']) =>
  serviceParts({ on }, services).recipes.flatMap((recipe) => recipe.code)

const one: Readonly<Record<string, readonly [services: readonly LiveService[], code: readonly string[]]>> = {
  'one Sidekiq': [[service('sidekiq')], ["sidekiq({ serviceUnitUser: 'system' }),"]],
  'a Sidekiq of the account itself, under a name': [
    [service('sidekiq_shop', { scope: 'user' })],
    ["sidekiq({ serviceUnitName: 'sidekiq_shop', serviceUnitUser: 'user' }),"],
  ],
  'instances 1 to 3': [
    [service('sidekiq@1'), service('sidekiq@2'), service('sidekiq@3')],
    ["sidekiq({ serviceUnitUser: 'system', processes: 3 }),"],
  ],
  'one unit for each config file': [
    [service('sidekiq.service'), service('sidekiq.sidekiq-high.service')],
    ["sidekiq({ serviceUnitUser: 'system', configFiles: ['sidekiq.yml', 'sidekiq-high.yml'] }),"],
  ],
  'instances for each config file': [
    ['sidekiq@1.service', 'sidekiq@2.service', 'sidekiq.high@1.service', 'sidekiq.high@2.service'].map((name) => service(name)),
    ["sidekiq({ serviceUnitUser: 'system', configFiles: ['sidekiq.yml', 'high.yml'], processes: 2 }),"],
  ],
  'two Sidekiqs of different names': [
    [service('sidekiq'), service('mailer')],
    ["sidekiq({ serviceUnitUser: 'system' }),", "sidekiq({ serviceUnitName: 'mailer', serviceUnitUser: 'system' }, { name: 'mailer' }),"],
  ],
  'a Sidekiq of the system and one of the account': [
    [service('sidekiq'), service('sidekiq', { scope: 'user' })],
    ["sidekiq({ serviceUnitUser: 'system' }),", "sidekiq({ serviceUnitUser: 'user' }, { name: 'sidekiq-2' }),"],
  ],
  'instances that are not numbers': [
    [service('sidekiq@default'), service('sidekiq@low')],
    [
      'systemd({',
      '  services: {',
      "    sidekiq: { units: ['sidekiq@default', 'sidekiq@low'], serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },",
      '  },',
      '}),',
    ],
  ],
  'one instance alone': [
    [service('sidekiq@1')],
    [
      'systemd({',
      '  services: {',
      "    sidekiq: { unit: 'sidekiq@1', serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },",
      '  },',
      '}),',
    ],
  ],
  'Puma behind its socket': [
    [service('puma_shop', { sockets: ['puma_shop.socket'] })],
    ["puma({ serviceUnitName: 'puma_shop', serviceUnitUser: 'system', socket: true }),"],
  ],
  'Puma behind a socket of another name': [
    [service('puma', { sockets: ['web.socket'] })],
    ["puma({ serviceUnitUser: 'system', socket: 'web.socket' }),"],
  ],
  'two Pumas, which puma() cannot name': [
    [service('puma'), service('puma-admin')],
    [
      'systemd({',
      '  services: {',
      "    puma: { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },",
      "    'puma-admin': { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },",
      '  },',
      '}),',
    ],
  ],
  'a service with a socket, and one whose name is no name for a task': [
    [service('web', { sockets: ['web.socket'] }), service('9.clock.service')],
    [
      'systemd({',
      '  services: {',
      "    web: { units: ['web.socket', 'web'], serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },",
      "    clock: { unit: '9.clock', serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },",
      '  },',
      '}),',
    ],
  ],
}
for (const [name, [services, expected]] of Object.entries(one))
  test(`the config names ${name} as it is`, () => {
    assert.deepEqual(code(services), expected)
    assert.equal(serviceParts({ on: ['a1'] }, services).roles.size, 0)
  })

test('servers with the same services have every role', () => {
  const both = { on: ['a1', 'a2'] }
  assert.equal(serviceParts(both, [service('sidekiq', both), service('puma', both)]).roles.size, 0)
})

test('servers with different services have the roles of these', () => {
  const services = [
    service('puma', { on: ['a1'] }),
    service('sidekiq', { on: ['w1'] }),
    service('mailer', { on: ['w2'] }),
    service('clock', { on: ['a1'] }),
  ]
  const { recipes, roles } = serviceParts({ on: ['a1', 'w1', 'w2'] }, services)
  assert.deepEqual(Object.fromEntries(roles), {
    a1: ['app', 'web', 'clock', 'db'],
    w1: ['app', 'worker'],
    w2: ['app', 'worker-2'],
  })
  assert.deepEqual(
    recipes.flatMap((recipe) => recipe.code),
    [
      "puma({ serviceUnitUser: 'system' }),",
      "sidekiq({ serviceUnitUser: 'system' }),",
      "sidekiq({ serviceUnitName: 'mailer', serviceUnitUser: 'system', roles: ['worker-2'] }, { name: 'mailer' }),",
      'systemd({',
      '  services: {',
      "    clock: { on: 'clock', serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },",
      '  },',
      '}),',
    ],
  )
})

test('without a Puma, every server compiles assets', () => {
  const { roles } = serviceParts({ on: ['a1', 'w1'] }, [service('sidekiq', { on: ['w1'] })])
  assert.deepEqual(Object.fromEntries(roles), { a1: ['app', 'db', 'web'], w1: ['app', 'worker', 'web'] })
})

test('a Sidekiq that sidekiq() cannot name is mentioned, because it is not quieted', () => {
  const { notes } = serviceParts({ on: ['a1'] }, [service('sidekiq@default'), service('sidekiq@low')])
  assert.equal(notes.length, 1)
  assert.match(notes[0]!, /^sidekiq@default\.service, sidekiq@low\.service: .* does not quiet them before$/)
  assert.deepEqual(serviceParts({ on: ['a1'] }, [service('sidekiq'), service('clock')]).notes, [])
})
