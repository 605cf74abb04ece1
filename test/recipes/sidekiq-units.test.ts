import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { sidekiq } from '../../recipes/index.ts'
import { secret } from '../../src/index.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { unitFiles } from '../../recipes/sidekiq/systemd/files.ts'
import { golden, host, type UnitGolden } from '../golden/sidekiq-units.ts'
import { contextOf, type Given } from '../support/context.ts'

for (const one of golden) {
  test(one.title, () => {
    const text = textOf(one)
    const lines = text.split('\n')
    if (one.text !== undefined) assert.equal(lines.slice(1).join('\n'), one.text)
    const wanted = one.lines ?? []
    assert.deepEqual(
      lines.filter((line) => wanted.includes(line)),
      wanted,
      text,
    )
    for (const start of one.without ?? []) assert.ok(!lines.some((line) => line.startsWith(start)), `${start} in ${text}`)
  })
}

test('its first line says whose it is', () => {
  assert.match(textOf({ title: '', settings: {} }), /^# Written by shipit for shop \(production\): /)
})

test('a template of one’s own is filled in: values, directives, lines for several and for none', (t) => {
  const file = template(
    t,
    `[Service]
# of {{application}} in {{ stage }}, {{unit}}
User={{User}}
ExecStart=/usr/bin/nice {{ExecStart}}
Environment={{Environment}}
TimeoutStopSec={{TimeoutStopSec}}
ReadWritePaths={{shared}} {{current}}/tmp
`,
  )
  const text = (settings: object) =>
    textOf({ title: '', settings: { unitTemplate: file, ...settings } })
      .split('\n')
      .slice(1)
  assert.deepEqual(text({}), [
    '[Service]',
    '# of shop in production, sidekiq',
    'ExecStart=/usr/bin/nice /usr/bin/bundle exec sidekiq -e production -t 25',
    'Environment="RAILS_ENV=production"',
    'Environment="MALLOC_ARENA_MAX=2"',
    'TimeoutStopSec=35',
    'ReadWritePaths=/srv/shop/shared /srv/shop/current/tmp',
    '',
  ])
  assert.ok(text({ serviceUnitUser: 'system' }).includes('User=deploy'))
})

test('a template with a name that means nothing, or that is not there, is refused', (t) => {
  const file = template(t, 'ExecStart={{exec_start}}\n')
  assert.throws(() => textOf({ title: '', settings: { unitTemplate: file } }), /\{\{exec_start\}\} in .* means nothing/)
  assert.throws(() => textOf({ title: '', settings: { unitTemplate: `${file}.not` } }), /ENOENT/)
})

const refused: readonly [object, RegExp][] = [
  [{ serviceUnitEnvVars: { FOO: 'a\nUser=root' } }, /line break/],
  [{ serviceUnitEnvVars: { 'A B': 'x' } }, /name for a variable/],
  [{ serviceUnitEnvVars: { KEY: secret('x') } }, /put it into a file, serviceUnitEnvFiles/],
  [{ serviceUnitEnvVars: { KEY: true } }, /expected|Invalid input/],
  [{ commandArgs: ['a\nb'] }, /line break/],
  [{ log: 'a\n' }, /line break/],
  [{ log: 'log/a\\' }, /backslash/],
  [{ errorLog: 'log/a ' }, /space/],
  [{ log: 'log/' }, /is a folder/],
  [{ serviceUnitEnvFiles: ['.env\\'] }, /backslash/],
  [{ configFiles: ['a\nUser=root.yml'] }, /line break/],
  [{ configFiles: ['a.yml\\'] }, /backslash/],
  [{ watchdogSec: 0.5 }, /int/],
  [{ bundlePath: 'bundle' }, /absolute/],
  [{ bundlePath: '/opt/a"b/bundle' }, /has a quote/],
  [{ umask: '9' }, /octal/],
  [{ wants: ['redis'] }, /full name/],
  [{ directives: { Service: { 'Memory Max': '1G' } } }, /name of a directive/],
  [{ directives: { Service: { MemoryMax: '1G\nUser=root' } } }, /line break/],
  [{ directives: { Service: { MemoryMax: '1G\\' } } }, /backslash/],
  [{ directives: { Sevice: {} } }, /Sevice/],
]
for (const [settings, why] of refused) {
  test(`settings that no unit can hold are refused: ${inspect(settings)}`, () => {
    const result = sidekiq().definition.settings!.safeParse(settings)
    assert.match(JSON.stringify(result.error?.issues ?? 'accepted'), why)
  })
}

function textOf({ settings, host: more = {}, given = {}, file }: UnitGolden): string {
  const full: Given = { ...given, settings: { ...settings }, facts: { ...given.facts, host: host(more) } }
  const files = unitFiles(contextOf(sidekiq(), full) as unknown as Context)
  const found = file === undefined ? files[0] : files.find(({ name }) => name === file)
  return found?.text ?? `no ${file} among ${files.map(({ name }) => name).join(', ')}`
}
function template(t: { after(fn: () => void): void }, text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-unit-'))
  t.after(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'sidekiq.service'), text)
  return join(dir, 'sidekiq.service')
}

test('no setting smuggles a line into a unit', () => {
  const line = 'a\nExecStartPre=/bin/evil'
  const schema = sidekiq().definition.settings!
  for (const settings of [
    { user: line },
    { railsEnv: line },
    { queues: [line] },
    { command: line },
    { commandArgs: [line] },
    { bundlePath: `/${line}` },
    { serviceUnitEnvVars: { A: line } },
    { serviceUnitEnvVars: { [line]: 'a' } },
    { serviceUnitEnvFiles: [line] },
    { log: line },
    { errorLog: line },
    { umask: line },
    { wants: [line] },
    { directives: { Service: { X: line } } },
    { directives: { Service: { [line]: 'x' } } },
    { configFiles: [line] },
    { serviceUnitName: line },
    { systemctlBin: line },
  ])
    assert.equal(schema.safeParse(settings).success, false, JSON.stringify(settings))
})
