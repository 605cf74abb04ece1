import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { settings as schema, type Settings } from '../../recipes/sidekiq/settings.ts'
import { unheeded, UNHEEDED } from '../../recipes/sidekiq/unheeded.ts'
import { factsOf, goodRelease, stepsOf, type Given } from '../support/context.ts'

type Key = Exclude<keyof Settings, 'only'>

/** A value of each setting that is not its default. */
const values: Readonly<Record<Key, unknown>> = {
  manager: 'systemd',
  serviceUnitName: 'jobs',
  serviceUnitUser: 'system',
  user: 'svc',
  systemctlBin: '/bin/systemctl',
  configFiles: ['high.yml'],
  processes: 2,
  railsEnv: 'staging',
  timeout: 77,
  concurrency: 7,
  queues: ['critical,2', 'default'],
  rolling: 1,
  command: 'bin/sidekiq',
  commandArgs: ['-r', './worker.rb'],
  useLoginShell: true,
  bundlePath: '/opt/bundle',
  serviceUnitEnvVars: { CACHE: 'a b' },
  serviceUnitEnvFiles: ['x.env'],
  log: 'log/s.log',
  errorLog: 'log/e.log',
  umask: '0077',
  watchdogSec: 60,
  timeoutStartSec: 60,
  wants: ['redis.service'],
  directives: { Unit: {}, Service: { MemoryMax: '2G' }, Install: {} },
  unitTemplate: 'a.service',
  drain: true,
  redis: { url: 'redis://h' },
  markDeploy: true,
  deployLabel: 'x',
  upstart: { boot: 9 },
  signals: { boot: 9 },
  roles: ['app'],
  defaultHooks: false,
}

/** What says which manager it is, or whose systemd, or is named after another manager. */
const named = (manager: string): readonly string[] =>
  ['manager', 'serviceUnitUser', 'systemctlBin', 'upstart', 'signals'].filter((key) => key !== manager)

/** Everything that a use of the recipe asks and does, and where it hangs. */
const all = (settings: Record<string, unknown>): string => {
  const recipe = sidekiq(settings)
  const given: Given = { settings, layout: { releases: [goodRelease()] }, release: '20261122141200', facts: { host: '', shown: '' } }
  const { tasks = {}, hooks } = recipe.definition
  const parsed = { settings: schema.parse(settings), stage: 'production' }
  const said = Object.entries(tasks).map(([name, { steps, on, rolling }]) => [
    name,
    typeof on === 'function' ? on(parsed) : on,
    typeof rolling === 'function' ? rolling(parsed) : rolling,
    steps === undefined ? [] : stepsOf(recipe, name, given),
  ])
  return JSON.stringify([said, factsOf(recipe, given), typeof hooks === 'function' ? hooks(parsed) : hooks])
}

for (const manager of ['upstart', 'signals'] as const)
  for (const key of Object.keys(schema.shape) as Key[])
    test(`with manager: '${manager}' what ${key} says is heeded, or an error`, () => {
      if (named(manager).includes(key)) return
      const settings = { manager, [key]: values[key] }
      const problems = unheeded({ settings: schema.parse(settings) })
      assert.equal(problems.length, UNHEEDED[manager].includes(key) ? 1 : 0)
      if (problems.length > 0) assert.match(problems[0]!, new RegExp(`has no place for ${key}: leave it out`))
      else assert.notEqual(all(settings), all({ manager }))
    })

test('an error for a setting that signals have under another name says that name', () => {
  const settings = schema.parse({ manager: 'signals', commandArgs: ['-r', './w.rb'], log: 'log/s.log' })
  assert.deepEqual(unheeded({ settings }), [
    "manager: 'signals' has no place for log, commandArgs: leave them out in this stage, or set signals.log for log, signals.options for commandArgs",
  ])
})

const logs = [{}, { log: 'log/s.log' }, { serviceUnitUser: 'system' }, { manager: 'upstart' }, { manager: 'signals' }] as const
for (const settings of logs)
  test(`the log shows as many lines as are asked for: ${JSON.stringify(settings)}`, () => {
    const steps = stepsOf(sidekiq(settings), 'log', { settings, args: { lines: 7 } })
    assert.match(steps.join('\n'), / -n 7 /)
  })
