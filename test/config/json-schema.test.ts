import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { z } from 'zod'
import * as recipes from '../../recipes/index.ts'
import { configSchemaFile } from '../../src/config/shipped-files.ts'
import { loadConfig } from '../../src/config/load.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import type { Raw } from '../../src/config/raw-config.ts'
import type { AnyRecipe } from '../../src/index.ts'
import { present } from '../../src/values/absent.ts'
import { code, cookbook, isConfig, pages, read, sections } from '../house/pages.ts'
import { folder } from './support.ts'
import { isSecret } from '../../src/values/secret.ts'

const text = readFileSync(configSchemaFile(), 'utf8')
const schema = z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0])
const marks = (config: unknown): readonly string[] => [...new Set(schema.safeParse(config).error?.issues.map(({ path }) => path.join('.')))]

type Data = Readonly<Record<string, unknown>>
const base: Data = { application: 'shop', stages: { production: { servers: ['deploy@a1'] } } }
const inStage = (given: Data): Data => ({ ...base, stages: { production: { servers: ['deploy@a1'], ...given } } })

/** Whether shipit takes a config in JSON. */
const loads = async (t: TestContext, config: Data): Promise<boolean> => {
  const cwd = folder(t, { 'deploy.config.json': JSON.stringify(config), '.git/HEAD': '' })
  try {
    await resolveStage(await loadConfig({ cwd, recipes: async () => ({ ...recipes }), inspect: staticProblems }), 'production')
    return true
  } catch (error) {
    assert.equal((error as Error).name, 'ShipitError')
    return false
  }
}

const GOOD: readonly (readonly [title: string, config: Data])[] = [
  ['the least', base],
  ['the name of its schema', { ...base, $schema: './deploy.schema.json' }],
  [
    'recipes by name, with and without settings',
    { ...base, use: ['bundler', { rails: null }, { sidekiq: { processes: 2, drain: true } }] },
  ],
  ['settings of a recipe in a stage', { ...inStage({ settings: { sidekiq: { rolling: '50%' } } }), use: ['sidekiq'] }],
  ['services', { ...base, use: [{ systemd: { services: { web: { exec: 'bin/web', rolling: { size: 1, wait: '5s' } } } } }] }],
  [
    'rules of Monit',
    { ...base, use: [{ monit: { services: { web: { pidfile: '/run/web.pid', rules: ['memory:rss > 1g then alert'] } } } }] },
  ],
  ['an application of a stage', inStage({ application: 'shop-eu' })],
  ['servers by role', inStage({ servers: { app: ['a1', { host: 'a2', primary: true, ssh: { port: 2222 } }], db: ['a1'] } })],
  ['servers in a list', inStage({ servers: ['a1', { host: 'deploy@a2', roles: ['app'], release: false, vars: { any: [1] } }] })],
  ['an environment', { ...base, env: { RAILS_ENV: 'staging', THREADS: 5, GONE: null } }],
  ['durations', { ...base, git: { timeout: '1.5m', transferTimeout: 60_000 } }],
  [
    'a sequence, and a hook on it',
    {
      ...base,
      tasks: { both: { description: 'Both', on: { roles: 'app' }, sequence: ['deploy:check', 'deploy:cleanup'] } },
      hooks: { after: { 'deploy:finished': 'both' }, before: { 'deploy:starting': [{ sequence: ['deploy:cleanup'] }] } },
    },
  ],
]

const BAD: readonly (readonly [title: string, config: Data, at: string])[] = [
  ['an unknown key', { ...base, keepRelease: 3 }, ''],
  ['a number as text', { ...base, keepReleases: '3' }, 'keepReleases'],
  ['a number that is too small', { ...base, keepReleases: 0 }, 'keepReleases'],
  ['a text instead of a list', { ...base, linkedDirs: 'log' }, 'linkedDirs'],
  ['an absolute path to link', { ...base, linkedDirs: ['/log'] }, 'linkedDirs.0'],
  ['a relative deployTo', { ...base, deployTo: 'srv/shop' }, 'deployTo'],
  ['no application', { stages: base['stages'] }, 'application'],
  ['a space in the application', { ...base, application: 'my shop' }, 'application'],
  ['no stages', { application: 'shop' }, 'stages'],
  ['a stage without servers', { ...base, stages: { production: {} } }, 'stages.production.servers'],
  ['a stage with a key of the top level', inStage({ roles: ['app'] }), 'stages.production'],
  ['a space in the application of a stage', inStage({ application: 'my shop' }), 'stages.production.application'],
  ['a server without its host', inStage({ servers: [{ user: 'deploy' }] }), 'stages.production.servers'],
  ['a typo in a server', inStage({ servers: [{ host: 'a1', role: ['app'] }] }), 'stages.production.servers'],
  ['a port that is none', { ...base, ssh: { port: 70_000 } }, 'ssh.port'],
  ['an unknown policy', { ...base, ssh: { hostKeys: 'maybe' } }, 'ssh.hostKeys'],
  ['a boolean in the environment', { ...base, env: { DEBUG: true } }, 'env.DEBUG'],
  ['a bad name in the environment', { ...base, env: { 'a-b': 'x' } }, 'env'],
  ['a bad duration', { ...base, git: { timeout: '5 minutes' } }, 'git.timeout'],
  ['an unknown recipe', { ...base, use: ['bundle'] }, 'use.0'],
  ['two recipes in one item', { ...base, use: [{ bundler: {}, rails: {} }] }, 'use.0'],
  ['an unknown setting of a recipe', { ...base, use: [{ sidekiq: { proceses: 2 } }] }, 'use.0'],
  ['a value that a recipe does not know', { ...base, use: [{ sidekiq: { manager: 'runit' } }] }, 'use.0'],
  ['too many processes', { ...base, use: [{ sidekiq: { processes: 65 } }] }, 'use.0'],
  ['an unknown setting inside of a setting', { ...base, use: [{ sidekiq: { redis: { uri: 'redis://r1' } } }] }, 'use.0'],
  ['a typo in a service', { ...base, use: [{ systemd: { services: { web: { execute: 'bin/web' } } } }] }, 'use.0'],
  [
    'a mistake in the settings of a stage',
    { ...inStage({ settings: { sidekiq: { timeout: 'long' } } }), use: ['sidekiq'] },
    'stages.production.settings',
  ],
  ['a task without a sequence', { ...base, tasks: { idle: { description: 'Nothing' } } }, 'tasks.idle'],
  ['a hook that is a number', { ...base, hooks: { after: { 'deploy:published': 3 } } }, 'hooks.after'],
]

for (const [title, config] of GOOD) {
  test(`the schema takes what shipit takes: ${title}`, async (t) => {
    assert.deepEqual(marks(config), [])
    assert.ok(await loads(t, config))
  })
}

for (const [title, config, at] of BAD) {
  test(`the schema marks what shipit refuses: ${title}`, async (t) => {
    const [first, ...more] = marks(config)
    assert.ok(first?.startsWith(at), `${first} instead of ${at}`)
    assert.deepEqual(more, [])
    assert.ok(!(await loads(t, config)))
  })
}

/** A config as a data file would have it: without its code, and without what conditions leave out of lists. */
const asData = (value: unknown): unknown => {
  if (Array.isArray(value)) return present(value.map(asData))
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  if ('definition' in value) return { [(value as AnyRecipe).name]: asData((value as AnyRecipe).given) }
  if (Object.getPrototypeOf(value) !== Object.prototype || isSecret(value)) return undefined
  if ('steps' in value || 'run' in value) return undefined
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (asData(one) === undefined ? [] : [[key, asData(one)]])))
}

/** What a data file cannot have: stages and servers that are functions, recipes that are not shipit's, hooks without their tasks. */
const hasOnlyData = ({ stages, use = [] }: Raw): boolean =>
  present(use).every(({ name }) => Object.hasOwn(recipes, name)) &&
  Object.values(stages).every((stage) => typeof stage !== 'function' && typeof stage.servers !== 'function')

test('the schema takes the example config and the configs of the docs, as data', async (t) => {
  const alone = (name: string, text: string) => ({ name, files: { 'deploy.config.ts': text } })
  const blocks = pages.filter((page) => !cookbook.includes(page)).flatMap((page) => code(page).filter(isConfig))
  // a recipe of the cookbook may import files of its own
  const dishes = cookbook.flatMap(sections).flatMap(({ title, files }) => ('deploy.config.ts' in files ? [{ name: title, files }] : []))
  let taken = 0
  for (const { name, files } of [
    alone('deploy.config.example.ts', read('deploy.config.example.ts')),
    ...blocks.map((block) => alone(block.name, block.text)),
    ...dishes,
  ]) {
    const { config } = await loadConfig({ cwd: folder(t, { ...files, '.git/HEAD': '' }) })
    if (!hasOnlyData(config)) continue
    assert.deepEqual(marks(asData(config)), [], name)
    taken++
  }
  assert.ok(taken > 15, String(taken))
})

test('every pattern of the schema is one that editors can read, with the flag u', () => {
  const patterns = [...text.matchAll(/"pattern": ("(?:[^"\\]|\\.)*")/g)].map(([, pattern]) => JSON.parse(pattern!) as string)
  assert.ok(patterns.length > 20)
  for (const pattern of patterns) assert.doesNotThrow(() => new RegExp(pattern, 'u'), pattern)
})
