import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { explainSettings } from '../../src/config/explain-settings.ts'
import { resolveWithSources } from '../../src/config/stage.ts'
import { folder, refusal, shown, stageOf } from './support.ts'

/** Two stages: `production` with an application of its own, `staging` with that of the config. */
const config = (top = '', stage = '', own = `application: 'shop-eu',`) => `import { defineRecipe, sh } from 'shipit-ts'
import { z } from 'zod'
const worker = defineRecipe({
  name: 'worker', settings: z.object({ unit: z.string() }),
  claims: ({ application, stage, settings }) => [{ what: application + ' ' + stage, by: 'the unit ' + settings.unit }],
})
const pages = defineRecipe({ name: 'pages', claims: ({ application, stage }) => [{ what: application + ' ' + stage }] })
void [sh, worker, pages]
export default { application: 'shop', ${top}
  stages: { production: { ${own} servers: ['a1'], ${stage} }, staging: { servers: ['b1'] } } }`

const originOf = async (...given: Parameters<typeof loadConfig>) => {
  const loaded = await loadConfig(...given)
  const of = async (name: string) =>
    (await explainSettings(await resolveWithSources(loaded, name, {}), loaded)).find(({ path }) => path[0] === 'application')
  return await Promise.all(['production', 'staging'].map(async (name) => [(await of(name))?.value, (await of(name))?.origins]))
}

test('the application of a stage replaces that of the config, in this stage alone', async (t) => {
  assert.equal((await stageOf(t, config())).application, 'shop-eu')
  assert.equal((await stageOf(t, config(), { stage: 'staging' })).application, 'shop')
  assert.equal((await stageOf(t, config('', '', 'application: undefined,'))).application, 'shop')
})

test('the default deployTo is made of the application of the stage', async (t) => {
  assert.equal((await stageOf(t, config())).deployTo, '/var/www/shop-eu')
  assert.equal((await stageOf(t, config(), { stage: 'staging' })).deployTo, '/var/www/shop')
})

test('functions of settings, servers, linked files and recipes get the application of the stage', async (t) => {
  const top = `deployTo: ({ application }) => '/srv/' + application, env: ({ application }) => ({ APP: application }),
    vars: { name: ({ application }) => application }, linkedFiles: [({ application }) => application + '.key'],
    use: [worker({ unit: ({ application, stage }) => application + '_' + stage })],`
  for (const [stage, application] of [
    ['production', 'shop-eu'],
    ['staging', 'shop'],
  ] as const) {
    const got = await stageOf(t, config(top, 'servers: ({ application }) => [application + ".example.com"]'), { stage })
    assert.deepEqual(
      [got.deployTo, got.env, got.vars, got.linkedFiles, got.recipes[0]!.settings],
      [`/srv/${application}`, { APP: application }, { name: application }, [`${application}.key`], { unit: `${application}_${stage}` }],
    )
    if (stage === 'production') assert.deepEqual(got.hosts[0]!.name, 'shop-eu.example.com')
  }
})

test('claims of recipes get the application of the stage', async (t) => {
  assert.match(
    shown(await refusal(stageOf(t, config(`use: [worker({ unit: 'w' }), pages()],`)))),
    /^use\[1\]: the unit w and pages both have shop-eu production on a1: /m,
  )
})

test('a stage that is a function gives its application, too', async (t) => {
  const text = `export default { application: 'shop', stages: { production: async () => ({ application: 'shop-eu', servers: ['a1'] }) } }`
  const stage = await stageOf(t, text)
  assert.deepEqual([stage.application, stage.deployTo], ['shop-eu', '/var/www/shop-eu'])
})

for (const [own, said] of [
  [`'shop eu'`, `"shop eu" may contain only a-z, A-Z, 0-9, ".", "_" and "-"`],
  [`'.eu'`, 'must not begin with a dot or a dash'],
  ['42', 'expected a string, found 42'],
] as const)
  test(`the application ${own} of a stage is refused with its line`, async (t) => {
    const error = shown(await refusal(stageOf(t, config('', '', `\n    application: ${own},`))))
    assert.ok(error.includes(`stages.production.application: ${said}\nat deploy.config.ts:11`), error)
  })

test('the application of the config is required, even if each stage has its own', async (t) => {
  const text = `export default { stages: { production: { application: 'shop-eu', servers: ['a1'] } } }`
  assert.match(shown(await refusal(stageOf(t, text))), /^application: is missing/m)
})

test('the application of a stage is explained by the stage, and any other by the config', async (t) => {
  for (const [file, text] of [
    ['deploy.config.ts', config()],
    [
      'deploy.config.yaml',
      'application: shop\nstages:\n  production: { application: shop-eu, servers: [a1] }\n  staging: { servers: [b1] }\n',
    ],
  ] as const) {
    const shownOrigins = await originOf({ cwd: folder(t, { [file]: text, '.git/HEAD': '' }) })
    assert.deepEqual(shownOrigins, [
      ['shop-eu', [{ from: 'stage', path: ['stages', 'production', 'application'], computed: false }]],
      ['shop', [{ from: 'config', path: ['application'], computed: false }]],
    ])
  }
})
