import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, shown, stageOf } from './support.ts'

const config = (top: string, stage = '') => `import { defineConfig, env } from 'shipit-ts'
void env
const wanted = process.env['T_NOT_SET']
void wanted
export default defineConfig({
  application: 'shop', stages: { production: { servers: ['a1'], ${stage} } },
  ${top}
})`
const remedy = "process.env.T_NOT_SET is not set: read it with env('T_NOT_SET'), or give a fallback, env('T_NOT_SET', '…')"

for (const [what, text, message] of [
  ['a setting', config('branch: process.env.T_NOT_SET,'), `branch: ${remedy}\nat deploy.config.ts:7`],
  ['a setting, in brackets', config(`deployTo: process.env['T_NOT_SET'] as string,`), `deployTo: ${remedy}\nat deploy.config.ts:7`],
  ['a setting of a stage', config('', 'branch: process.env.T_NOT_SET'), `stages.production.branch: ${remedy}\nat deploy.config.ts:6`],
] as const)
  test(`a variable that is not set, read from process.env for ${what}, is an error that points to env()`, async (t) => {
    assert.equal(shown(await refusal(stageOf(t, text))), message)
  })

test('the way to read a variable that is printed for a setting works for its type', async (t) => {
  for (const [key, remedy, works] of [
    ['keepReleases', "read it with env.int('T_NOT_SET'), or give a fallback, env.int('T_NOT_SET', 5)", "env.int('T_NOT_SET', 5)"],
    ['keepFailed', "read it with env.flag('T_NOT_SET')", "env.flag('T_NOT_SET')"],
    ['currentDirectory', "read it with env('T_NOT_SET'), or give a fallback, env('T_NOT_SET', '…')", "env('T_NOT_SET', 'live')"],
  ]) {
    const error = shown(await refusal(stageOf(t, config(`${key}: process.env.T_NOT_SET,`))))
    assert.equal(error, `${key}: process.env.T_NOT_SET is not set: ${remedy}\nat deploy.config.ts:7`)
    await stageOf(t, config(`${key}: ${works},`))
  }
})

test('a setting that is undefined in any other way has its default', async (t) => {
  for (const top of [
    `branch: env('T_NOT_SET', undefined),`,
    'branch: undefined,',
    'branch: wanted,',
    `branch: process.env.T_NOT_SET ?? undefined,`,
    `...(wanted && { branch: process.env.T_NOT_SET }),`,
    `...{ branch: wanted },`,
  ])
    assert.equal((await stageOf(t, config(top))).branch, 'main', top)
  assert.equal((await stageOf(t, config(`branch: process.env.T_NOT_SET || 'main',`))).branch, 'main')
})

test('an item of a list that is a variable that is not set is an error, and not left out', async (t) => {
  process.env['T_IS_SET'] = 'b'
  t.after(() => delete process.env['T_IS_SET'])
  for (const [text, message] of [
    [config(`linkedDirs: ['log', process.env.T_NOT_SET],`), `linkedDirs[1]: ${remedy}\nat deploy.config.ts:7`],
    [config(`linkedFiles: [process.env.T_IS_SET, process.env.T_NOT_SET!],`), `linkedFiles[1]: ${remedy}\nat deploy.config.ts:7`],
    [
      config('', `linkedDirs: [\n process.env['T_NOT_SET'],\n 'log' ]`),
      `stages.production.linkedDirs[0]: ${remedy}\nat deploy.config.ts:7`,
    ],
    [config('').replace(`['a1']`, `['a1', process.env.T_NOT_SET]`), `stages.production.servers[1]: ${remedy}\nat deploy.config.ts:6`],
    [
      config('').replace(`['a1']`, `{ app: ['a1', process.env.T_NOT_SET] }`),
      `stages.production.servers.app[1]: ${remedy}\nat deploy.config.ts:6`,
    ],
  ] as const)
    assert.equal(shown(await refusal(stageOf(t, text))), message)
  for (const list of [`[wanted, 'a']`, `[process.env.T_NOT_SET && 'b', 'a']`, `[undefined, 'a']`])
    assert.deepEqual((await stageOf(t, config(`linkedDirs: ${list},`))).linkedDirs, ['a'])
})
