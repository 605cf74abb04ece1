import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import { folder, refusal, shown, stageOf } from './support.ts'

const config = (use: string, staging: string, production = `settings: { chat: { url: 'https://p' } }`) => `
import { defineConfig, defineRecipe, perStage } from 'shipit-ts'
import { z } from 'zod'
const chat = defineRecipe({
  name: 'chat',
  settings: z.object({ url: z.string(), room: z.string().default('ops') }),
  tasks: { done: { steps: () => [] } },
})
export default defineConfig({
  application: 'shop',
  use: [${use}],
  stages: {
    production: { servers: ['a1'], ${production} },
    staging: { servers: ['a1'], deployTo: '/srv/staging', ${staging} },
  },
} as never)`
const URL_LINE = `settings: { chat: { url: 'https://s' } }`
const settingsIn = async (...[t, text, o]: Parameters<typeof stageOf>) => (await stageOf(t, text, o)).recipes[0]!.settings

for (const use of ['chat(perStage)', 'chat({ url: perStage })']) {
  test(`a recipe gets what each stage gives: ${use}`, async (t) => {
    const text = config(use, URL_LINE)
    assert.deepEqual(await settingsIn(t, text), { url: 'https://p', room: 'ops' })
    assert.deepEqual(await settingsIn(t, text, { stage: 'staging' }), { url: 'https://s', room: 'ops' })
    const late = config(use, 'settings: { chat: { url: ({ stage }) => `https://${stage}` } }')
    assert.deepEqual(await settingsIn(t, late, { stage: 'staging' }), { url: 'https://staging', room: 'ops' })
  })

  test(`a stage that does not give what each stage gives is a mistake, in runs of any stage: ${use}`, async (t) => {
    const text = config(use, '')
    assert.match(
      shown(await refusal(stageOf(t, text, { stage: 'staging' }))),
      /^stages\.staging\.settings\.chat\.url: is missing: expected a string\nat deploy\.config\.ts:14$/,
    )
    const loaded = await loadConfig({ cwd: folder(t, { 'deploy.config.ts': text, '.git/HEAD': '' }) })
    assert.deepEqual(
      staticProblems(loaded.config).map(({ path, message }) => `${path.join('.')} ${message}`),
      ['stages.staging.settings.chat.url is missing: expected a string'],
    )
  })
}

test('a stage that is a function is checked when it is chosen', async (t) => {
  const text = config('chat(perStage)', URL_LINE).replace(/staging: (\{.*\}),\n/, (_, stage: string) => `staging: () => (${stage}),\n`)
  assert.deepEqual(await settingsIn(t, text, { stage: 'staging' }), { url: 'https://s', room: 'ops' })
  const without = text.replace(URL_LINE, '')
  assert.deepEqual(await settingsIn(t, without), { url: 'https://p', room: 'ops' })
  assert.match(
    shown(await refusal(stageOf(t, without, { stage: 'staging' }))),
    /^stages\.staging\.settings\.chat\.url: is missing: expected a string/,
  )
})

test('a default does not stand in for a setting that each stage gives', async (t) => {
  const text = config(`chat({ url: 'https://all', room: perStage })`, '', `settings: { chat: { room: 'p' } }`)
  assert.match(
    shown(await refusal(stageOf(t, text, { stage: 'staging' }))),
    /^stages\.staging\.settings\.chat\.room: is missing: each stage gives it \(perStage in use\)\nat deploy\.config\.ts:14$/,
  )
  const given = text.replace(/(staging', )/, `$1settings: { chat: { room: 's' } }`)
  assert.deepEqual(await settingsIn(t, given, { stage: 'staging' }), { url: 'https://all', room: 's' })
})

test('a mistake in another setting is reported where it was given', async (t) => {
  const text = config(`chat({ url: perStage, room: 4 as never })`, URL_LINE)
  assert.match(shown(await refusal(stageOf(t, text))), /^chat\(\) in use\[0\]: room: expected a string, found 4\nat deploy\.config\.ts:11$/)
})
