import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { puma, systemd } from '../../recipes/index.ts'
import { pumaHost } from '../golden/puma-units.ts'
import { pumaRules } from '../golden/sudoers.ts'
import { commandsOf, goodRelease, textOf } from '../support/context.ts'

const page = readFileSync(new URL('../../docs/systemd.md', import.meta.url), 'utf8')
const section = (heading: string) => page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''

test('docs/systemd.md names every task', () => {
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

test("Puma's units in docs/systemd.md are those that puma:install writes", () => {
  const settings = { serviceUnitUser: 'system', socket: true, bind: 'tcp://0.0.0.0:9292' } as const
  const given = { layout: { releases: [goodRelease()] }, facts: { 'files.0': '', host: pumaHost() } }
  const files = commandsOf(puma(settings), 'install', given).flatMap((step) => {
    const text = /printf '%s' '#.*\n([^]*?)' > "\$work\/\$unit"/.exec(textOf(step))?.[1]
    return text === undefined ? [] : [text]
  })
  assert.equal(files.length, 2)
  for (const text of files) assert.ok(section('Units').includes(`\`\`\`ini\n${text}\`\`\`\n`), text)
})

test("capistrano3-puma's settings are mapped to settings that exist", () => {
  const moves = readFileSync(new URL('../../docs/coming-from-capistrano.md', import.meta.url), 'utf8')
  const rows = [...moves.matchAll(/^\| `puma_.*? \| (.*?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  )
  assert.ok(rows.length >= 15)
  const known = Object.keys(puma().definition.settings!.shape)
  assert.deepEqual(
    rows.filter((name) => !known.includes(name)),
    [],
  )
})

test("the sudoers lines in docs/systemd.md are shipit's", () => {
  for (const { settings, lines } of pumaRules.filter((one) => one.lines.length > 0)) {
    if (Object.keys(settings).length === 1 && settings['serviceUnitUser'] === 'system') continue
    if ('phased' in settings) for (const line of lines.filter((one) => one.includes('USR1'))) assert.ok(page.includes(`${line}\n`), line)
    else assert.ok(page.includes(`\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`), JSON.stringify(settings))
  }
})
