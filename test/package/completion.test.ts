import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './install.ts'
import { answerAt, completionsAt } from './language-server.ts'

const file = join(root, 'test/package/deploy.config.ts')
const completions = (source: string): Promise<string[]> => completionsAt(file, source)

const config = (body: string): string => `import { defineConfig } from '../../src/index.ts'
import { sidekiq } from '../../recipes/index.ts'
export default defineConfig({
  application: 'shop',
  ${body}
})
`
const stages = "stages: { production: { servers: ['a1'] } },"

for (const [what, body, wanted] of [
  ['the keys of a config', `|\n${stages}`, ['repoUrl', 'deployTo', 'linkedDirs', 'keepReleases', 'hooks', 'ssh', 'git']],
  ['the keys of a stage', "stages: { production: { servers: ['a1'], | } },", ['branch', 'settings', 'env', 'tasks']],
  [
    'the settings of a recipe',
    `use: [sidekiq({ | })],\n${stages}`,
    ['serviceUnitUser', 'serviceUnitName', 'configFiles', 'processes', 'defaultHooks'],
  ],
  ['the values of a setting', `use: [sidekiq({ serviceUnitUser: '|' })],\n${stages}`, ['system', 'user']],
  [
    'the tasks that may have a hook',
    `use: [sidekiq()],\nhooks: { after: { '|': [] } },\n${stages}`,
    ['deploy:published', 'sidekiq:restart', 'git:create_release'],
  ],
] as const) {
  test(`an editor completes ${what}`, async () => {
    const offered = await completions(config(body))
    for (const name of wanted)
      assert.ok(
        offered.some((label) => label.replaceAll(/["']/g, '') === name),
        `${name} is not in ${offered.join(' ')}`,
      )
  })
}

for (const [key, given] of [
  ['keepReleases', 'keep|Releases: 3,'],
  ['proxyJump', "ssh: { proxy|Jump: 'gate' },"],
] as const) {
  test(`an editor shows what the setting ${key} does`, async () => {
    const answer = (await answerAt(file, config(`${given}\n${stages}`), 'hover')) as { contents: { value: string } } | null
    assert.match(answer?.contents.value ?? '', key === 'keepReleases' ? /How many good releases to keep\./ : /@host:port/)
  })
}
