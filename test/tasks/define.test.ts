import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { loadConfig, refuseProblems } from '../../src/config/load.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { defineRecipe } from '../../src/tasks/define.ts'
import { folder, refusal, shown } from '../config/support.ts'

const config = (recipes: string, use: string, stages: string) => `import { defineRecipe } from 'shipit-ts'
import { z } from 'zod'
globalThis.made = []
const recipe = (name, more = {}) => defineRecipe({
  name,
  settings: () => { globalThis.made.push(name); return z.object({ size: z.number().default(1) }) },
  hostVars: () => { globalThis.made.push(name + '.vars'); return z.object({ port: z.number() }) },
  tasks: { show: { description: 'Show it', on: 'app', steps: () => [] } },
  ...more,
})
${recipes}
export default { application: 'shop', use: [${use}], stages: { ${stages} } }`
const made = (): readonly string[] => (globalThis as { made?: string[] }).made ?? []
const server = "servers: [{ host: 'a1', roles: ['app'], vars: { port: 80 } }]"

test('a schema that is a function is made once, when a stage first needs it; that of a recipe that is not used, never', async (t) => {
  const text = config(
    "const [one, two, three] = ['one', 'two', 'three'].map((name) => recipe(name))",
    'one({ size: 2 })',
    `production: { ${server} }, staging: { ${server}, use: [two()] }`,
  )
  const loaded = await loadConfig({ cwd: folder(t, { 'deploy.config.ts': text, '.git/HEAD': '' }), inspect: staticProblems })
  await refuseProblems(loaded)
  assert.deepEqual(made(), ['one', 'two'])
  const { recipes } = await resolveStage(loaded, 'production')
  assert.deepEqual(
    recipes.map(({ settings }) => settings),
    [{ size: 2 }],
  )
  await resolveStage(loaded, 'staging')
  assert.deepEqual(made(), ['one', 'two', 'one.vars', 'two.vars'])
})

test('a value that does not fit a schema from a function is an error at its line', async (t) => {
  const text = config("const one = recipe('one')", "one({ size: 'x' })", `production: { ${server} }`)
  const loaded = await loadConfig({ cwd: folder(t, { 'deploy.config.ts': text, '.git/HEAD': '' }), inspect: staticProblems })
  assert.match(shown(await refusal(refuseProblems(loaded))), /use\[0\]: size: expected a number, found "x"/)
})

for (const [what, settings, expected] of [
  ['throws', "() => { throw new Error('no file') }", /settings of the recipe one: the function failed: no file/],
  ['returns no schema', '() => ({ size: 1 })', /settings of the recipe one: the function must return a zod object: \(\) => z\.object/],
] as const) {
  test(`a function for settings that ${what} is an error that names the recipe`, async (t) => {
    const text = config(`const one = recipe('one', { settings: ${settings} })`, 'one()', `production: { ${server} }`)
    const loaded = await loadConfig({ cwd: folder(t, { 'deploy.config.ts': text, '.git/HEAD': '' }), inspect: staticProblems })
    assert.match(shown(await refusal(refuseProblems(loaded))), expected)
  })
}

test('settings from a function have the types of its schema', () => {
  const one = defineRecipe({
    name: 'one',
    settings: () => z.object({ size: z.number() }),
    tasks: { show: { on: ({ settings }) => (settings.size.toFixed() === '1' ? 'app' : 'db'), steps: () => [] } },
  })
  assert.equal(one({ size: 1 }).definition.settings!.safeParse({ size: 'x' }).success, false)
})
