import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sudoRule } from '../../recipes/sidekiq/upstart/calls.ts'
import { files } from '../../recipes/sidekiq/upstart/files.ts'
import { upstartSettings } from '../../recipes/sidekiq/upstart/settings.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { eb, sidekiq } from '../../recipes/index.ts'
import { contextOf } from '../support/context.ts'
import { ebConfig, ebFiles } from '../support/eb.ts'

const page = readFileSync(new URL('../../docs/upstart.md', import.meta.url), 'utf8')
const section = (heading: string): string => page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
const named = (heading: string): string[] =>
  [...section(heading).matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  )
const context = contextOf(sidekiq({ manager: 'upstart' }), {
  facts: { host: 'user deploy\ngroup deploy\nbundle /usr/bin/bundle\npath /usr/bin\nsidekiq 6.4.1\n' },
}) as unknown as Context

const told = (heading: string, defaults: Readonly<Record<string, unknown>>): void => {
  const rows = [...section(heading).matchAll(/^\| `(\w+)` \| `(.*?)` \|/gm)]
  assert.ok(rows.length > 8)
  for (const [, name, value] of rows)
    assert.equal(value!.replaceAll("'", '"'), JSON.stringify(defaults[name!]).replace(',', ', ').replaceAll("'", '"'), name)
}

test('the page names every setting with its default, and no other', () => {
  const { upstart } = upstartSettings
  const defaults: Readonly<Record<string, unknown>> = upstart.parse(undefined)
  assert.deepEqual(named('Settings').toSorted(), Object.keys(defaults).toSorted())
  assert.deepEqual(named('Elastic Beanstalk').toSorted(), Object.keys(eb().definition.settings!.shape).toSorted())
  told('Settings', defaults)
  told('Elastic Beanstalk', contextOf(eb()).settings)
})

test('the job file and the line for sudoers are the ones that are made', () => {
  assert.ok(page.includes(`\n\`\`\`\n${files(context)[0]!.text}\`\`\`\n`))
  assert.ok(page.includes(`\n${sudoRule(context).split('\n')[1]}\n`))
})

test('the files of Elastic Beanstalk are the ones that are written', () => {
  for (const { path } of ebFiles().filter((file) => !file.path.includes('confighooks')))
    assert.ok(section('Amazon Linux 2 and 2023').includes(`\`${path}\``), path)
  const { files: on = {} } = ebConfig('.ebextensions/90-sidekiq.config', { platform: 'al1' })
  for (const [path, { mode }] of Object.entries(on))
    assert.ok(mode === '120400' || section('The old platform').includes(`\`${path}\``), path)
})
