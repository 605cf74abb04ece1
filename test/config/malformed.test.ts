import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveStage } from '../../src/config/stage.ts'
import { configProblems } from '../../src/config/validate.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import { ShipitError } from '../../src/values/errors.ts'
import { bundler, monit, puma, rails, sidekiq } from '../../recipes/index.ts'

const steps = () => []
/** A config that has a value in every place. */
const whole = () => ({
  application: 'shop',
  repoUrl: 'git@example.com:shop.git',
  branch: 'main',
  deployTo: '/srv/shop',
  keepReleases: 3,
  linkedFiles: ['.env'],
  linkedDirs: ['log'],
  env: { RAILS_ENV: 'production' },
  vars: { port: 3000 },
  git: { limit: 2, timeout: '10s' },
  ssh: { user: 'deploy', port: 22, keys: ['~/.ssh/id'], proxyJump: 'bastion' },
  roles: ['app', 'db'],
  use: [
    bundler({ without: ['test'] }),
    rails({ assetsRoles: ['app'] }),
    puma({ roles: ['app'] }),
    sidekiq({ queues: ['a'], roles: ['app'] }),
    monit(),
  ],
  tasks: {
    one: { description: 'One', on: 'app', steps, check: 'two', recover: 'all' },
    two: { on: { roles: ['app'], except: ['db'], primary: true }, steps, rolling: { size: 1, wait: '1s' } },
    all: { sequence: ['one', 'two'] },
  },
  hooks: { before: { 'deploy:check': 'one' }, after: { 'deploy:published': ['two', { on: 'db', steps }] } },
  stages: {
    production: {
      servers: { app: ['a1', { host: 'deploy@a2:22', ssh: { user: 'x' }, vars: { a: 1 } }], db: ['d1'] },
      hooks: { after: { one: 'two' } },
      tasks: { mine: { steps } },
      env: { A: 'b' },
      use: [],
    },
    staging: { servers: [{ host: 's1', roles: ['app', 'db'], primary: true }] },
  },
})

const ODD: readonly unknown[] = [
  undefined,
  null,
  0,
  -1,
  1.5,
  NaN,
  1e21,
  '',
  ' ',
  'x',
  'one',
  '\0',
  true,
  [],
  [null],
  [[]],
  ['x', 1],
  {},
  { x: null },
  { 'deploy:check': null },
  { x: { x: 1 } },
  () => undefined,
  () => null,
  () => ({}),
  () => {
    throw new Error('of the config')
  },
  Symbol('s'),
  10n,
  new Date(0),
  /x/,
  new Map(),
]

type Path = readonly (string | number)[]
const pathsOf = (value: unknown, at: Path = []): Path[] => {
  if (typeof value !== 'object' || value === null || 'definition' in value) return [at]
  return [
    at,
    ...Object.keys(value).flatMap((key) =>
      pathsOf((value as Record<string, unknown>)[key], [...at, Array.isArray(value) ? Number(key) : key]),
    ),
  ]
}
const put = (value: unknown, [key, ...rest]: Path, odd: unknown): unknown => {
  if (key === undefined) return odd
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string | number, unknown>
  copy[key] = put(copy[key], rest, odd)
  return copy
}

test('any wrong value in any place of a config is a readable mistake, never a defect', async () => {
  const places = pathsOf(whole()).filter((path) => path.length > 0)
  assert.deepEqual([...configProblems(whole()), ...staticProblems(whole())], [])
  let [refused, taken] = [0, 0]
  for (const path of places) {
    for (const odd of ODD) {
      const config = put(whole(), path, odd)
      const where = `${path.join('.')} = ${typeof odd === 'function' ? String(odd) : typeof odd === 'symbol' ? 'a symbol' : typeof odd === 'bigint' ? '10n' : JSON.stringify(odd)}`
      try {
        const problems = [...configProblems(config), ...staticProblems(config)]
        if (problems.length > 0) {
          assert.ok(
            problems.every(({ message }) => message.length > 0),
            where,
          )
          refused++
          continue
        }
        for (const name of ['production', 'staging'])
          await resolveStage({ file: '/x/deploy.config.ts', text: '', config: config as never }, name, {})
        taken++
      } catch (error) {
        if (error instanceof ShipitError || (error as Error).message === 'of the config') refused++
        else throw new Error(`${where}: ${(error as Error).stack}`, { cause: error })
      }
    }
  }
  assert.ok(refused > 1000 && taken > 50, `${refused} refused, ${taken} taken`)
})
