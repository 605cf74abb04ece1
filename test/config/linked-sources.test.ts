import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { parseYaml } from '../../src/config/parse-data.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { refusal, shown, stageOf } from './support.ts'

const config = (files: string, stage = '') =>
  `export default { application: 'shop', linkedFiles: ${files},
  stages: { production: { servers: ['a1'], ${stage} } } }`

test('a linked file may say where it is on this machine, what a deploy sends, and its mode', async (t) => {
  const stage = await stageOf(
    t,
    config(
      `['plain', { path: '.env', from: 'env/.env', upload: 'missing', mode: '0640' }, { path: 'config//key' }, { path: 'k', from: '~/k' }]`,
    ),
  )
  const folder = dirname(stage.file)
  assert.deepEqual(stage.linkedFiles, ['plain', '.env', 'config/key', 'k'])
  assert.deepEqual(stage.linkedSources, [
    { path: '.env', from: 'env/.env', file: join(folder, 'env/.env'), upload: 'missing', mode: '0640' },
    { path: 'config/key', from: 'config//key', file: join(folder, 'config/key'), upload: false, mode: undefined },
    { path: 'k', from: '~/k', file: join(homedir(), 'k'), upload: false, mode: undefined },
  ])
})

test('a linked file and its parts may be functions of the stage', async (t) => {
  const stage = await stageOf(
    t,
    config(
      `[({ stage }) => ({ path: '.env', from: '.env.' + stage }), { path: async ({ application }) => application + '.key', from: ({ stage }) => 'keys/' + stage }]`,
    ),
  )
  assert.deepEqual(
    stage.linkedSources.map(({ path, from }) => [path, from]),
    [
      ['.env', '.env.production'],
      ['shop.key', 'keys/production'],
    ],
  )
})

test("a stage's linked files replace the config's, and --set replaces both", async (t) => {
  const text = config(
    `[{ path: '.env', from: ({ stage }) => stage }]`,
    `linkedFiles: ['key', { path: '.env', from: 'b', upload: 'changed' }],`,
  )
  assert.deepEqual(
    (await stageOf(t, text)).linkedSources.map(({ from }) => from),
    ['b'],
  )
  const set = await stageOf(t, text, { set: ['linkedFiles=[{"path":".env","from":"c","upload":"missing"},"key"]'] })
  assert.deepEqual([set.linkedFiles, set.linkedSources.map(({ from, upload }) => [from, upload])], [['.env', 'key'], [['c', 'missing']]])
  assert.deepEqual((await stageOf(t, text, { set: ['linkedFiles=.env,key'] })).linkedSources, [])
})

test('a linked file in YAML is the same object', async () => {
  const text = `application: shop
linkedFiles:
  - plain
  - path: .env
    from: .env.production
    upload: changed
stages:
  production:
    servers: [a1]
`
  const value = parseYaml('/project/deploy.config.yml', text)
  const stage = await resolveStage({ file: '/project/deploy.config.yml', text, config: value as never }, 'production')
  assert.deepEqual(stage.linkedFiles, ['plain', '.env'])
  assert.deepEqual(stage.linkedSources, [
    { path: '.env', from: '.env.production', file: '/project/.env.production', upload: 'changed', mode: undefined },
  ])
})

for (const [what, files, message] of [
  [
    'a mode that is a number',
    `[{ path: 'a', mode: 600 }]`,
    /^linkedFiles\[0\]\.mode: expected octal digits as text, such as '0640', found 600/,
  ],
  ['a mode that is not octal', `[{ path: 'a', mode: '0800' }]`, /^linkedFiles\[0\]\.mode: the mode is three or four octal digits as text/],
  [
    'another word for upload',
    `['x', { path: 'a', upload: 'always' }]`,
    /^linkedFiles\[1\]\.upload: expected false or "missing" or "changed", found "always"/,
  ],
  ['a key with a typo', `[{ path: 'a', form: 'b' }]`, /^linkedFiles\[0\]\.form: unknown key "form" \(did you mean "from"/],
  ['no path', `[{ from: 'b' }]`, /^linkedFiles\[0\]\.path: is missing: expected text/],
  ['a path with ..', `[{ path: '../a' }]`, /^linkedFiles\[0\]\.path: "\.\.\/a" must not contain \. or \.\./],
  ['a function that returns a path with ..', `[{ path: () => '../a' }]`, /^linkedFiles\[0\]\.path: "\.\.\/a" must not contain/],
  [
    'a function inside what a function returns',
    `[() => ({ path: () => 'a' })]`,
    /^linkedFiles\[0\]\.path: expected text, found a function/,
  ],
  ['the same path twice', `['a', { path: 'a' }]`, /^linkedFiles\[1\]: "a" is listed twice/],
  ['a number', `[1]`, /^linkedFiles\[0\]: expected a path inside the release, or an object with a path/],
] as const)
  test(`${what} is refused with its place`, async (t) => {
    assert.match(shown(await refusal(stageOf(t, config(files)))), message)
  })
