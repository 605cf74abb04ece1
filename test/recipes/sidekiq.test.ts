import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { golden, type Golden, type UnitFact } from '../golden/sidekiq.ts'
import {
  asksOf,
  commandsOf,
  contextOf,
  factsOf,
  goodRelease,
  hostOf,
  outlineOf,
  stepsOf,
  textOf,
  withoutProof,
  type Given,
} from '../support/context.ts'

for (const one of golden) {
  if (one.asks !== undefined)
    test(`${one.title}: sidekiq:check asks sudo for this`, () => {
      const given = { ...givenOf(one), runs: ['sidekiq:check'], host: hostOf({ roles: ['worker'] }) }
      assert.deepEqual(asksOf(factsOf(sidekiq(one.settings), given)), one.asks)
    })
  for (const [task, expected] of Object.entries(one.steps)) {
    test(`${one.title}: sidekiq:${task}`, () => {
      const commands = commandsOf(sidekiq(one.settings), task, givenOf(one))
      // the check of the release and the record before a signal have their own tests
      const own = withoutProof(commands)
      assert.deepEqual(own.map(outlineOf), expected)
      const starts =
        task === 'recover'
          ? expected.some((step) => / start \S+\.service$/.test(step))
          : (task === 'start' || task === 'restart') && expected.length > 0
      assert.equal(own.length < commands.length, starts || expected.some((step) => step.startsWith('# note that it was quieted')))
    })
  }
}

const UNITS =
  'Id,LoadState,ActiveState,MainPID,Type,ExecStart,ExecReload,ExecStop,TimeoutStopUSec,KillMode,KillSignal,SendSIGKILL,ActiveExitTimestampMonotonic,NRestarts'

test('facts are read on hosts of the roles, in one call for all units', () => {
  const worker = { host: hostOf({ roles: ['worker'] }) }
  const texts = (settings: object, given: Given) =>
    Object.fromEntries(Object.entries(factsOf(sidekiq(settings), given)).flatMap(([k, v]) => (k === 'owner' ? [] : [[k, textOf(v)]])))
  assert.deepEqual(texts({ serviceUnitUser: 'system', processes: 2 }, worker), {
    units: `systemctl show -p ${UNITS} sidekiq@1.service sidekiq@2.service`,
  })
  assert.deepEqual(texts({}, worker), {
    session: `printf '%s\\n' "$(id -u)" "\${XDG_RUNTIME_DIR:-}"`,
    units: `XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} systemctl --user show -p ${UNITS} sidekiq.service`,
  })
  assert.deepEqual(texts({}, { host: hostOf({ roles: ['app'] }) }), {})
  assert.ok(Object.values(factsOf(sidekiq(), worker)).every((fact) => fact.spec.probe))
})

test('sidekiq() quiets after the checks, stops before the switch, starts after it, and recovers after a failure', () => {
  const { hooks } = sidekiq().definition
  assert.ok(typeof hooks === 'function')
  assert.deepEqual(hooks({ settings: { defaultHooks: true, rolling: null, drain: null, markDeploy: false } }), {
    before: { 'deploy:check': 'sidekiq:check', 'deploy:publishing': ['sidekiq:stop'] },
    after: { 'deploy:starting': 'sidekiq:quiet', 'deploy:published': ['sidekiq:start'], 'deploy:failed': 'sidekiq:recover' },
  })
  assert.deepEqual(hooks({ settings: { defaultHooks: false } }), {})
})

test('a missing unit is tolerated only on a host without a good release, and no other failure', () => {
  const given = (releases: ReturnType<typeof goodRelease>[]) => ({
    layout: { releases },
    facts: { units: block('sidekiq.service', { LoadState: 'not-found' }) },
  })
  const allow = (releases: ReturnType<typeof goodRelease>[]) => withoutProof(commandsOf(sidekiq(), 'start', given(releases)))[0]!.spec.allow
  assert.deepEqual(allow([]), [5])
  assert.deepEqual(allow([{ ...goodRelease(), state: 'failed' }]), [5])
  assert.equal(allow([goodRelease()]), undefined)
})

test('a stage without hosts of the roles is reported once, on the first host', () => {
  const hosts = [hostOf({ name: 'a1', roles: ['app'] }), hostOf({ name: 'a2', roles: ['app'] })]
  const on = (host: (typeof hosts)[number], settings = {}) => stepsOf(sidekiq(settings), 'check', { hosts, host })
  assert.deepEqual(on(hosts[0]!), ["printf '%s\\n' 'sidekiq: no server of production has the role worker' >&2; exit 1"])
  assert.deepEqual(on(hosts[1]!), [])
  assert.deepEqual(on(hosts[0]!, { roles: [] }), [])
})

test('tasks run on the hosts of the roles', () => {
  const on = (task: string, settings: object) => {
    const { on: selector } = sidekiq().definition.tasks![task]!
    assert.ok(typeof selector === 'function')
    return selector({ settings, stage: 'production' })
  }
  const settings = contextOf(sidekiq()).settings
  for (const task of ['quiet', 'stop', 'start', 'restart', 'recover']) assert.deepEqual(on(task, settings), { roles: ['worker'] })
})

const refused: readonly [object, RegExp][] = [
  [{ serviceUnitName: '' }, /empty/],
  [{ serviceUnitName: '.service' }, /empty/],
  [{ serviceUnitName: 'a/b' }, /slash/],
  [{ serviceUnitName: 'sidekiq*' }, /wildcard/],
  [{ serviceUnitName: '-x' }, /begins with/],
  [{ serviceUnitName: 'sidekiq@1' }, /processes/],
  [{ serviceUnitName: 'sidekiq.socket' }, /not a service/],
  [{ serviceUnitName: 'é'.repeat(100) }, /longer/],
  [{ configFiles: [] }, /at least one file/],
  [{ configFiles: ['config/sidekiq.yml'] }, /write the name of a file in config\/, "sidekiq.yml"/],
  [{ configFiles: ['a.yml', 'a.yaml'] }, /"a.yaml": the same unit twice/],
  [{ configFiles: ['sidekiq.yml', 'sidekiq.yml'] }, /the same unit twice/],
  [{ configFiles: ['a@b.yml'] }, /@/],
  [{ processes: 0 }, /1/],
  [{ systemctlBin: 'sudo systemctl' }, /one word/],
  // G97: systemd must wait longer than Sidekiq does
  [{ commandArgs: ['-t', '60'] }, /use the setting timeout/],
  [{ commandArgs: ['--timeout=60'] }, /use the setting timeout/],
]
for (const [settings, why] of refused) {
  test(`settings that cannot work are refused with the reason: ${JSON.stringify(settings).slice(0, 60)}`, () => {
    const result = sidekiq().definition.settings!.safeParse(settings)
    assert.match(result.error?.issues.map((issue) => issue.message).join('\n') ?? 'accepted', why)
  })
}

function givenOf({ units, given = {}, settings = {} }: Golden): Given {
  const facts = units === undefined ? {} : { units: units.map((unit, i) => block(`unit${i}.service`, unit)).join('\n') }
  return { ...given, settings, facts: { session: '1000\n/run/user/1000\n', ...facts, ...given.facts } }
}
function block(id: string, unit: UnitFact): string {
  return Object.entries({ Id: id, LoadState: 'loaded', ...unit })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
