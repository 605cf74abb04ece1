import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { settings as schema, type Settings, UNUSED, unusedSettings } from '../../recipes/sidekiq/settings.ts'
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
  bundlerPath: '/opt/bundle',
  serviceUnitEnvVars: { CACHE: 'a b' },
  serviceUnitEnvFiles: ['x.env'],
  log: 'log/s.log',
  errorLog: 'log/e.log',
  umask: '0077',
  systemdWatchdogSec: 60,
  timeoutStartSec: 60,
  wants: ['redis.service'],
  directives: { Unit: {}, Service: { MemoryMax: '2G' }, Install: {} },
  unitTemplate: 'a.service',
  drain: true,
  redis: { url: 'redis://h' },
  markDeploy: true,
  deployLabel: 'x',
  upstart: { startTimeout: 9 },
  signals: { startTimeout: 9 },
  roles: ['app'],
  defaultHooks: false,
}

/** Settings that select the manager or its systemd, or are named after another manager. */
const named = (manager: string): readonly string[] =>
  ['manager', 'serviceUnitUser', 'systemctlBin', 'upstart', 'signals'].filter((key) => key !== manager)

/** All facts, steps and hooks of a use of the recipe. */
const all = (settings: Record<string, unknown>): string => {
  const recipe = sidekiq(settings)
  const parsed = { settings: schema.parse(settings), stage: 'production' }
  const given: Given = {
    settings,
    layout: { releases: [goodRelease()] },
    release: '20261122141200',
    facts: parsed.settings.manager === 'systemd' ? { host: '', shown: '' } : {},
  }
  const { tasks = {}, hooks } = recipe.definition
  const outcome = Object.entries(tasks).map(([name, { steps, on, rolling }]) => [
    name,
    typeof on === 'function' ? on(parsed) : on,
    typeof rolling === 'function' ? rolling(parsed) : rolling,
    steps === undefined ? [] : stepsOf(recipe, name, given),
  ])
  return JSON.stringify([outcome, factsOf(recipe, given), typeof hooks === 'function' ? hooks(parsed) : hooks])
}

for (const manager of ['upstart', 'signals'] as const)
  for (const key of Object.keys(schema.shape) as Key[])
    test(`${key} takes effect or is an error with manager: '${manager}'`, () => {
      if (named(manager).includes(key)) return
      const settings = { manager, [key]: values[key] }
      const problems = unusedSettings({ settings: schema.parse(settings) })
      assert.equal(problems.length, UNUSED[manager].includes(key) ? 1 : 0)
      if (problems.length > 0) assert.match(problems[0]!, new RegExp(`^${key} has no effect with manager: '${manager}': remove it`))
      else assert.notEqual(all(settings), all({ manager }))
    })

test('the error for a setting that signals has under another name says that name', () => {
  const settings = schema.parse({ manager: 'signals', commandArgs: ['-r', './w.rb'], log: 'log/s.log' })
  assert.deepEqual(unusedSettings({ settings }), [
    "log, commandArgs have no effect with manager: 'signals': remove them in this stage, or set signals.log for log, signals.options for commandArgs",
  ])
})

const logs = [{}, { log: 'log/s.log' }, { serviceUnitUser: 'system' }, { manager: 'upstart' }, { manager: 'signals' }] as const
for (const settings of logs)
  test(`sidekiq:log passes --lines: ${JSON.stringify(settings)}`, () => {
    const steps = stepsOf(sidekiq(settings), 'log', { settings, args: { lines: 7 } })
    assert.match(steps.join('\n'), / -n 7 /)
  })
