import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { puma, systemd } from '../../recipes/index.ts'
import { callsOf } from '../../recipes/systemd/lifecycle.ts'
import { sudoRule } from '../../recipes/systemd/remedies.ts'
import { serviceSchema } from '../../recipes/systemd/settings.ts'
import { contextOf } from '../support/context.ts'

const page = readFileSync(new URL('../../docs/systemd.md', import.meta.url), 'utf8')
const section = (heading: string) => page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
const named = (heading: string) => [...section(heading).matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!)

test('the page names every setting, and no other', () => {
  const made = serviceSchema('web').parse({})
  const without = ['unit', 'units', ...Object.keys(made)]
  assert.deepEqual(named('systemd()').toSorted(), [...new Set(without)].toSorted())
  assert.deepEqual(named('puma()'), Object.keys(puma().definition.settings!.shape))
})

test('the page names every task', () => {
  const tasks = Object.entries(systemd({ services: { web: {} } }).definition.tasks!).filter(
    ([, { description }]) => description !== undefined,
  )
  for (const [name] of tasks) assert.match(section('systemd()'), new RegExp(`\`systemd:NAME:${name.split(':')[1]}\``))
  for (const [name, { description }] of Object.entries(puma().definition.tasks!)) {
    if (description === undefined) continue
    const said = section('puma()').includes(`puma:${name}\``) || tasks.some(([own]) => own === `web:${name}`)
    assert.ok(said, name)
  }
})

test("the lines for sudoers are shipit's own", () => {
  const c = contextOf(puma({ serviceUnitUser: 'system' })) as unknown as Parameters<typeof sudoRule>[0]
  const names = ['puma.socket', 'puma.service']
  const line = (...given: Parameters<typeof callsOf>) => sudoRule(c, callsOf(...given)).split('\n')[1]!
  const restart = line(names, ['restart'])
  assert.ok(page.includes(`\n${restart}\n`), restart)
  const rest = line(names, ['start', 'stop', 'reload'])
  assert.ok(page.includes(`\n${rest}\n`), rest)
  const phased = line(names, ['phased'])
  assert.ok(page.includes(`\n${phased}\n`), phased)
  const other = contextOf(puma({ user: 'svc' })) as unknown as Parameters<typeof sudoRule>[0]
  assert.ok(page.includes(`\n${sudoRule(other, []).split('\n')[1]}\n`))
})
