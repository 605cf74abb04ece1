import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemd } from '../../recipes/index.ts'
import type { GivenService } from '../../recipes/systemd/given.ts'
import { golden, shown, type Golden } from '../golden/systemd.ts'
import {
  commandsOf,
  asksOf,
  contextOf,
  factsOf,
  goodRelease,
  hostOf,
  outlinesOf,
  textOf,
  withoutProof,
  type Given,
} from '../support/context.ts'

const web = (service: GivenService = {}) => systemd({ services: { web: service as {} } })

for (const one of golden) {
  if (one.asks !== undefined)
    test(`${one.title}: the check asks sudo for this`, () => {
      const asked = factsOf(web(one.service), { ...givenOf(one), runs: ['systemd:web:check'] })
      assert.deepEqual(asksOf(asked), one.asks)
    })
  for (const [task, expected] of Object.entries(one.steps))
    test(`${one.title}: systemd:web:${task}`, () => assert.deepEqual(outlinesOf(web(one.service), `web:${task}`, givenOf(one)), expected))
}

test('every service has its tasks, each with a description except recover and check', () => {
  const { tasks = {} } = systemd({ services: { web: {}, streaming: {} } }).definition
  const verbs = ['start', 'stop', 'restart', 'reload', 'status', 'log', 'enable', 'disable', 'sudoers']
  assert.deepEqual(
    Object.keys(tasks),
    ['web', 'streaming'].flatMap((name) => [...verbs, 'recover', 'check'].map((verb) => `${name}:${verb}`)),
  )
  assert.deepEqual(
    Object.entries(tasks).flatMap(([name, { description }]) => (description === undefined ? [name] : [])),
    ['web:recover', 'web:check', 'streaming:recover', 'streaming:check'],
  )
  assert.deepEqual(
    Object.entries(tasks).flatMap(([name, { shows }]) => (shows === true ? [name] : [])),
    ['web:status', 'web:log', 'web:sudoers', 'streaming:status', 'streaming:log', 'streaming:sudoers'],
  )
})

test('a service runs on the hosts of its selector', () => {
  const recipe = systemd({ services: { web: { on: 'app' }, jobs: { on: { roles: ['worker'], primary: true } }, all: {} } })
  const { settings } = contextOf(recipe)
  const on = (task: string) => {
    const { on: selector } = recipe.definition.tasks![task]!
    assert.ok(typeof selector === 'function')
    return selector({ settings, stage: 'production' })
  }
  assert.equal(on('web:restart'), 'app')
  assert.deepEqual(on('jobs:check'), { roles: ['worker'], primary: true })
  assert.equal(on('all:stop'), 'release')
  const hosts = [
    hostOf({ name: 'a1', roles: ['app'] }),
    hostOf({ name: 'w1', roles: ['worker'] }),
    hostOf({ name: 'w2', roles: ['worker'] }),
  ]
  const asked = (host: (typeof hosts)[number]) => Object.keys(factsOf(recipe, { host, hosts }))
  assert.deepEqual(asked(hosts[0]!), ['web.session', 'web.units', 'web.owner', 'all.session', 'all.units', 'all.owner'])
  assert.deepEqual(asked(hosts[1]!), ['jobs.session', 'jobs.units', 'jobs.owner', 'all.session', 'all.units', 'all.owner'])
  assert.deepEqual(asked(hosts[2]!), ['all.session', 'all.units', 'all.owner'])
})

test('facts are one systemctl call for all units of a service, and a shared service has no owner', () => {
  const texts = (service: GivenService, given: Given = {}) =>
    Object.fromEntries(Object.entries(factsOf(web({ shared: true, ...service }), given)).map(([name, command]) => [name, textOf(command)]))
  const show =
    'show -p Id,LoadState,ActiveState,MainPID,Type,ExecStart,ExecReload,ExecStop,TimeoutStopUSec,KillMode,KillSignal,SendSIGKILL,ActiveExitTimestampMonotonic,NRestarts'
  const session = `printf '%s\\n' "$(id -u)" "\${XDG_RUNTIME_DIR:-}"`
  const own = `XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} systemctl --user ${show} web.service`
  assert.deepEqual(texts({ serviceUnitUser: 'system', units: ['web', 'web.socket'] }), {
    'web.units': `systemctl ${show} web.socket web.service`,
  })
  assert.deepEqual(texts({}), { 'web.session': session, 'web.units': own })
  assert.deepEqual(texts({ user: 'svc' }), {
    'web.session': session,
    'web.account': 'getent passwd svc',
    'web.units': `sudo -H -u svc -- /bin/sh <<'SHIPIT'\n( set -e\nXDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user ${show} web.service\n) </dev/null\nSHIPIT`,
  })
  assert.deepEqual(texts({ user: 'svc' }, { host: hostOf({ user: 'svc' }) }), { 'web.session': session, 'web.units': own })
  assert.ok(Object.values(factsOf(web({ user: 'svc' }))).every((fact) => fact.spec.probe))
})

test('tasks in `after` and `before` are hooks of a deploy, and are checked before it', () => {
  const recipe = systemd({
    services: {
      web: { after: { 'deploy:published': 'reload' } },
      jobs: { after: { 'deploy:starting': 'stop', 'deploy:published': ['start', 'status'] } },
      idle: {},
    },
  })
  const { hooks } = recipe.definition
  assert.ok(typeof hooks === 'function')
  assert.deepEqual(hooks({ settings: contextOf(recipe).settings }), {
    before: { 'deploy:check': ['systemd:web:check', 'systemd:jobs:check'] },
    after: {
      'deploy:published': ['systemd:web:reload', 'systemd:jobs:start', 'systemd:jobs:status'],
      'deploy:starting': ['systemd:jobs:stop'],
      // what is stopped has to come up again after a failure
      'deploy:failed': ['systemd:jobs:recover'],
    },
  })
})

test('a missing unit is tolerated only on a host without a good release, and no other failure', () => {
  const allow = (releases: ReturnType<typeof goodRelease>[], state = 'not-found') =>
    withoutProof(commandsOf(web(), 'web:restart', { layout: { releases }, facts: { 'web.units': shown([{ LoadState: state }]) } }))[0]!.spec
      .allow
  assert.deepEqual(allow([]), [5])
  assert.equal(allow([], 'loaded'), undefined)
  assert.equal(allow([goodRelease()]), undefined)
})

test('restart takes as many hosts at a time as `rolling` says', () => {
  const rollingOf = (service: GivenService) => {
    const recipe = web(service)
    const { rolling } = recipe.definition.tasks!['web:restart']!
    assert.ok(typeof rolling === 'function')
    return rolling({ settings: contextOf(recipe).settings, stage: 'production' })
  }
  assert.equal(rollingOf({}), undefined)
  assert.deepEqual(rollingOf({ rolling: { size: '50%', wait: '5s' } }), { size: '50%', wait: '5s' })
})

test('computed names are computed with the stage', async () => {
  const { given } = systemd({ services: { web: { unit: async ({ stage }) => `web-${stage}`, user: () => 'svc' }, jobs: {} } })
  const { services } = given
  assert.ok(typeof services === 'function')
  const made = await services({ stage: 'staging' })
  assert.deepEqual(made, { web: { unit: 'web-staging', user: 'svc' }, jobs: {} })
})

test("a service name that cannot be part of a task's name is refused", () => {
  for (const name of ['', 'a:b', '1st', 'a b']) assert.throws(() => systemd({ services: { [name]: {} } }), /is not a name for a service/)
})

const refused: readonly [object, RegExp][] = [
  [{ unit: '' }, /empty/],
  [{ unit: '.service' }, /empty/],
  [{ unit: 'a/b' }, /slash/],
  [{ unit: 'web*' }, /wildcard/],
  [{ unit: '-x' }, /begins with/],
  [{ unit: 'web@' }, /template/],
  [{ unit: 'web@.service' }, /template/],
  [{ unit: 'é'.repeat(100) }, /longer/],
  [{ units: [] }, /no unit/],
  [{ units: ['web', 'web.service'] }, /web.service: the same unit twice/],
  [{ unit: 'a', units: ['b'] }, /write one of them/],
  [{ serviceUnitUser: 'system', user: 'svc' }, /cannot be used with serviceUnitUser/],
  [{ user: '-u' }, /name of a user/],
  [{ on: 'local' }, /must be hosts of the stage/],
  [{ after: { 'deploy:published': 'reboot' } }, /./],
  [{ rolling: { size: 0 } }, /./],
  [{ untis: ['web'] }, /untis/],
]
for (const [service, why] of refused) {
  test(`settings that cannot work are refused with the reason: ${JSON.stringify(service).slice(0, 60)}`, () => {
    const result = web().definition.settings!.safeParse({ services: { web: service } })
    assert.match(result.error?.issues.map((issue) => issue.message).join('\n') ?? 'accepted', why)
  })
}

test('a stage that sets services must name all of them', () => {
  const { settings } = systemd({ services: { web: {}, jobs: {} } }).definition
  assert.equal(settings!.safeParse({ services: { web: {}, jobs: { serviceUnitUser: 'system' } } }).success, true)
  assert.equal(settings!.safeParse({ services: { web: {} } }).success, false)
})

function givenOf({ units, given = {} }: Golden): Given {
  const facts = units === undefined ? {} : { 'web.units': shown(units) }
  return { ...given, facts: { 'web.session': '1000\n/run/user/1000\n', ...facts, ...given.facts } }
}
