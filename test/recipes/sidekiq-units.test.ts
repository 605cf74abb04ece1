import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { sidekiq } from '../../recipes/index.ts'
import { secret } from '../../src/index.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { unitFiles } from '../support/sidekiq-units.ts'
import { golden, host, type UnitGolden } from '../golden/sidekiq-units.ts'
import { contextOf, stepsOf, type Given } from '../support/context.ts'

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

test('the first line of a unit names its application and stage', () => {
  assert.match(textOf({ title: '', settings: {} }), /^# Written by shipit for shop \(production\): /)
})

test('unitTemplate is filled in with values, directives, several lines and none', (t) => {
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

test('unitTemplate with an unknown name, or a missing file, is refused', (t) => {
  const file = template(t, 'ExecStart={{exec_start}}\n')
  const install = (unitTemplate: string) => stepsOf(sidekiq(), 'install', { settings: { unitTemplate } }).join('\n')
  assert.match(install(file), /^printf .*unitTemplate: \{\{exec_start\}\} in .* is not known.*exit 1$/)
  assert.match(install(`${file}.not`), /^printf .*unitTemplate: ENOENT.*exit 1$/)
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
  [{ log: 'log/' }, /must be the name of a file/],
  [{ serviceUnitEnvFiles: ['.env\\'] }, /backslash/],
  [{ configFiles: ['a\nUser=root.yml'] }, /line break/],
  [{ configFiles: ['a.yml\\'] }, /backslash/],
  [{ systemdWatchdogSec: 0.5 }, /int/],
  [{ bundlerPath: 'bundle' }, /absolute/],
  [{ bundlerPath: '/opt/a"b/bundle' }, /has a quote/],
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

test('a setting with a line break cannot add a line to a unit', () => {
  const line = 'a\nExecStartPre=/bin/evil'
  const schema = sidekiq().definition.settings!
  for (const settings of [
    { user: line },
    { railsEnv: line },
    { queues: [line] },
    { command: line },
    { commandArgs: [line] },
    { bundlerPath: `/${line}` },
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
