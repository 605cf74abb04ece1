import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sudoersRules } from '../../recipes/sidekiq/sudoers.ts'
import { files } from '../../recipes/sidekiq/upstart/files.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { sidekiq } from '../../recipes/index.ts'
import { sudoersHint } from '../../src/kit/index.ts'
import { contextOf } from '../support/context.ts'
import { ebConfig, ebFiles } from '../support/eb.ts'

const page = readFileSync(new URL('../../docs/upstart.md', import.meta.url), 'utf8')
const section = (heading: string): string => page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
const context = contextOf(sidekiq({ manager: 'upstart' }), {
  facts: { host: 'user deploy\ngroup deploy\nbundle /usr/bin/bundle\npath /usr/bin\nsidekiq 6.4.1\n' },
}) as unknown as Context

test("the job file and the sudoers line in docs/upstart.md are shipit's", () => {
  assert.ok(page.includes(`\n\`\`\`\n${files(context)[0]!.text}\`\`\`\n`))
  assert.ok(page.includes(`\n${sudoersHint(sudoersRules, context).split('\n').at(-1)}\n`))
})

test('the Elastic Beanstalk files in docs/upstart.md are those that are written', () => {
  for (const { path } of ebFiles().filter((file) => !file.path.includes('confighooks')))
    assert.ok(section('Amazon Linux 2 and 2023').includes(`\`${path}\``), path)
  const { files: on = {} } = ebConfig('.ebextensions/90-sidekiq.config', { platform: 'al1' })
  for (const [path, { mode }] of Object.entries(on))
    assert.ok(mode === '120400' || section('The old platform').includes(`\`${path}\``), path)
})
