import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { RECIPES } from '../../recipes/files.ts'
import * as eager from '../../recipes/index.ts'
import * as onDemand from '../../recipes/on-demand.ts'
import { COMPILED } from '../support/cache.ts'
import { COUNTING, filesIn, schemasIn } from '../support/schemas.ts'
import { write } from '../package/install.ts'

const root = resolve(import.meta.dirname, '../..')
const bin = join(root, 'src/cli/bin.ts')
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'shipit-on-demand-')))
after(() => rmSync(dir, { recursive: true }))

const factories = Object.entries(eager).map(([name, factory]) => [name, (factory as { recipeName?: string }).recipeName])

test('on-demand.ts has the exports of index.ts, under their names', () => {
  const found = Object.entries(onDemand).map(([name, factory]) => [name, (factory as { recipeName?: string }).recipeName])
  assert.deepEqual(found, factories)
})

test('a recipe that is loaded on demand is the recipe itself', () => {
  const recipe = onDemand.bundler({ jobs: 2 }, { name: 'gems' })
  assert.equal(recipe.definition, eager.bundler().definition)
  assert.deepEqual([recipe.given, recipe.options], [{ jobs: 2 }, { name: 'gems' }])
  assert.throws(() => onDemand.systemd({ services: { 'a:b': {} } }), /is not a name for a service/)
})

/** What `--tasks` builds and loads for a config. */
const start = (
  imported: string,
  used: string,
): { readonly schemas: Readonly<Record<string, number>>; readonly files: readonly string[] } => {
  write(dir, {
    'deploy.config.ts': `import { defineConfig } from 'shipit-ts'
      ${imported}
      export default defineConfig({ application: 'shop', use: [${used}], stages: { production: { servers: ['a'] } } })`,
  })
  const config = join(dir, 'deploy.config.ts')
  const env = { ...process.env, ...COMPILED }
  const { status, stderr } = spawnSync(process.execPath, [COUNTING, bin, '--tasks', '--config', config], { encoding: 'utf8', env })
  assert.equal(status, 0, stderr)
  return { schemas: schemasIn(stderr), files: filesIn(stderr) }
}
const sum = (schemas: Readonly<Record<string, number>>, of: RegExp): number =>
  Object.entries(schemas).reduce((all, [file, count]) => (of.test(file) ? all + count : all), 0)

/** What is there to find recipes, whichever are used. */
const ALWAYS = ['recipes/by-name.ts', 'recipes/files.ts', 'recipes/on-demand.ts']

test('a config with two recipes loads the files and builds the schemas of these two alone', () => {
  const { schemas, files } = start("import { bundler, rails } from 'shipit-ts/recipes'", 'bundler(), rails()')
  const built = Object.keys(schemas).filter((file) => file.startsWith('recipes/'))
  assert.deepEqual(built.toSorted(), ['recipes/bundler.ts', 'recipes/rails/settings.ts'])
  const others = files.filter((file) => file.startsWith('recipes/') && !/\/(?:bundler|rails)[-./]/.test(file) && !ALWAYS.includes(file))
  assert.deepEqual(others, [])
})

test('sidekiq() loads none of the recipes whose settings it reads, and not those of its status', () => {
  const { files } = start("import { sidekiq } from 'shipit-ts/recipes'", 'sidekiq()')
  assert.deepEqual(
    files.filter((file) => /^recipes\/(?:bundler|rails|inspeqtor|monit|puma|rules|sidekiq\/status)\b/.test(file)),
    [],
  )
})

test('recipes that a config imports and does not use build no schema', () => {
  const none = start('', '').schemas
  assert.ok(sum(none, /^src\//) > 100)
  const imported = start("import * as recipes from 'shipit-ts/recipes'\nexport const all = Object.keys(recipes)", '')
  assert.deepEqual(imported.schemas, none)
})

test('all recipes together build no more schemas than a start of a tenth of a second has time for', () => {
  const calls = Object.keys(RECIPES).map((name) => `recipes.${name}(${name === 'systemd' ? '{ services: {} }' : ''})`)
  const { schemas } = start("import * as recipes from 'shipit-ts/recipes'", calls.join(', '))
  // 20 µs each; the core's, which every command builds, and those of the recipes and their kit
  assert.ok(sum(schemas, /^src\/(?!kit\/)/) <= 335, JSON.stringify(schemas))
  assert.ok(sum(schemas, /^(?:recipes|src\/kit)\//) <= 880, JSON.stringify(schemas))
})
