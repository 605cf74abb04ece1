import assert from 'node:assert/strict'
import { test } from 'node:test'
import { locator } from '../../src/config/locate/locator.ts'
import type { ConfigPath } from '../../src/errors/source-location.ts'

const lines = async (file: string, text: string, paths: readonly ConfigPath[]) => {
  const locate = await locator(file, text)
  return paths.map((path) => locate(path))
}

const body = `{
  application: 'x',
  'stages': {
    production: {
      servers: ['a1',
        { host: 'a2' }],
    },
  },
}`
const paths: ConfigPath[] = [
  ['application'],
  ['stages', 'production', 'servers', 1, 'host'],
  ['stages', 'production', 'nothing'],
  ['nothing'],
]
const forms: readonly [string, string, number][] = [
  ['a plain object', `export default ${body}`, 0],
  ['defineConfig', `import { defineConfig } from 'shipit-ts'\nexport default defineConfig(${body})`, 1],
  ['a constant', `const c = ${body}\nexport default c`, 0],
  ['a typed constant', `interface A { b: string }\nexport const c: unknown = ${body} satisfies object\nexport default c as A`, 1],
  ['defineConfig of a constant', `const c = ${body}\nexport default await defineConfig(c)`, 0],
]
for (const [form, text, offset] of forms) {
  test(`the locator finds lines in ${form}, and for a missing path the nearest parent's`, async () => {
    assert.deepEqual(
      await lines('deploy.config.ts', text, paths),
      [2, 6, 4, undefined].map((line) => line && line + offset),
    )
  })
}

test('the locator follows spreads, constants, stage functions and recipe settings', async () => {
  const text = `const common = {
  branch: 'main',
}
const production = () => ({
  servers: ['a1'],
})
export default defineConfig({
  ...common,
  use: [
    bundler(),
    sidekiq({
      processes: 0,
    }),
  ],
  stages: { production, staging: () => {
    return {
      servers: [] }
  } },
})`
  assert.deepEqual(
    await lines('deploy.config.ts', text, [
      ['branch'],
      ['stages', 'production', 'servers', 0],
      ['stages', 'staging', 'servers'],
      ['use', 1],
      ['use', 1, 'processes'],
    ]),
    [2, 5, 17, 11, 12],
  )
})

test('a computed config has no lines, and the locator throws no error', async () => {
  assert.deepEqual(await lines('deploy.config.ts', `export default make({ application: 'x' })`, [['stages']]), [undefined])
  assert.deepEqual(await lines('deploy.config.ts', 'export default {', [['a']]), [undefined])
  assert.deepEqual(await lines('deploy.config.js', 'module.exports = { a: 1 }', [['a']]), [undefined])
})
