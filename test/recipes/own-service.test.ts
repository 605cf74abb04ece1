import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { systemdService, systemdSettings } from '../../recipes/index.ts'
import type { OwnService } from '../../recipes/index.ts'
import { defineRecipe } from '../../src/index.ts'
import type { AnyRecipe } from '../../src/index.ts'
import { asks, golden, rules, unit } from '../golden/own-service.ts'
import { running, shown } from '../golden/systemd.ts'
import { asksOf, commandsOf, contextOf, factsOf, goodRelease, hintOf, outlinesOf, stepsOf, textOf, type Given } from '../support/context.ts'

/** The recipe of the page, as somebody would copy it. */
const page = readFileSync(new URL('../../docs/recipes.md', import.meta.url), 'utf8')
const mill = await (async (): Promise<(settings?: object) => AnyRecipe> => {
  const code = /```ts\n(\/\/ deploy\/mill\.ts[^]*?)```/.exec(page)![1]!
  const url = (path: string) => new URL(`../../${path}`, import.meta.url).href
  const dir = mkdtempSync(join(tmpdir(), 'shipit-mill-'))
  const file = join(dir, 'mill.ts')
  writeFileSync(
    file,
    code
      .replaceAll("'shipit-ts'", `'${url('src/index.ts')}'`)
      .replaceAll("'shipit-ts/kit'", `'${url('src/kit/index.ts')}'`)
      .replaceAll("'shipit-ts/recipes'", `'${url('recipes/index.ts')}'`)
      .replaceAll("'zod'", `'${url('node_modules/zod/index.js')}'`),
  )
  try {
    return ((await import(pathToFileURL(file).href)) as { mill: (settings?: object) => AnyRecipe }).mill
  } finally {
    rmSync(dir, { recursive: true })
  }
})()

const givenOf = (facts: object, given: Given = {}): Given => ({
  ...given,
  facts: { session: '1000\n/run/user/1000\n', ...facts, ...given.facts },
})

for (const { title, settings, unit: fact, given, steps } of golden)
  for (const [task, expected] of Object.entries(steps))
    test(`${title}: mill:${task}`, () => {
      const one = givenOf(fact === undefined ? {} : { units: shown([fact]) }, given)
      assert.deepEqual(outlinesOf(mill(settings), task, one), expected)
    })

test('the recipe of the page asks sudo before a deploy about what its hooks do, and prints the rules of all its tasks', () => {
  const recipe = mill({ serviceUnitUser: 'system' })
  assert.deepEqual(asksOf(factsOf(recipe, { runs: ['mill:check'] })), asks)
  const refused = { 'sudo.1': { code: 1 } }
  const given = givenOf(
    { units: 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=notify\n', ...refused },
    { layout: { releases: [goodRelease()] } },
  )
  const step = commandsOf(recipe, 'check', given).find(({ spec }) => spec.message?.text.includes('sudo'))
  const hint = hintOf(step!, {})!.split('\n')
  assert.equal(hint[0], 'see the rules: shipit production mill:sudoers')
  assert.equal(hint.at(-1), rules.map((line, i) => (i === 0 ? line : line.replace('deploy ALL=(root) NOPASSWD: ', ''))).join(', '))
})

test('the recipe of the page writes its unit, removes it, and finds what differs', () => {
  const recipe = mill({ serviceUnitUser: 'system', serviceUnitEnvVars: { LEVEL: 3 } })
  const host = 'user deploy\ngroup deploy\npath /usr/bin:/bin\nkill /bin/kill\nsystemd 252\n'
  const units = 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=notify\n'
  const given = (text: string): Given => givenOf({ units, host, 'files.0': text }, { layout: { releases: [goodRelease()] } })
  const put = commandsOf(recipe, 'install', given('')).find(({ spec }) => spec.title === 'write /etc/systemd/system/mill.service')
  assert.equal(/printf '%s' '([^]*?)' > "\$work\/\$unit"/.exec(textOf(put!))?.[1], unit)
  assert.ok(stepsOf(recipe, 'uninstall', given(unit)).includes('sudo rm -f /etc/systemd/system/mill.service'))
  const found = recipe.definition.doctor!.findings(contextOf(recipe, given(unit.replace('LEVEL=3', 'LEVEL=4'))))
  assert.ok(found.some(({ message }) => message === 'mill.service is not as the config says now'))
})

test('a service without a signal for it is not quieted without a word', () => {
  const settings = z.object({ ...systemdSettings() })
  const service = systemdService<z.output<typeof settings>>({ recipe: 'loom', name: 'Loom', on: () => 'release', exec: () => ['bin/loom'] })
  const loom = defineRecipe({ name: 'loom', settings, facts: service.facts, tasks: { ...service.tasks, quiet: service.quiet } })
  const [step, ...more] = commandsOf(loom(), 'quiet', givenOf({ units: shown([running(100)]) }))
  assert.equal(step!.spec.message!.text, 'no signal is set to quiet Loom')
  assert.deepEqual(more, [])
})

const loom = (more: Partial<OwnService<LoomSettings>>, given: object = {}) => {
  const service = systemdService<LoomSettings>({ recipe: 'loom', name: 'Loom', on: () => 'release', exec: () => ['bin/loom'], ...more })
  return defineRecipe({ name: 'loom', settings: loomSettings, facts: service.facts, tasks: service.tasks, doctor: service.doctor })(given)
}
const loomSettings = z.object({ ...systemdSettings() })
type LoomSettings = z.output<typeof loomSettings>

const fileIn = (recipe: AnyRecipe, name: string, given: Given): string | undefined => {
  const put = commandsOf(recipe, 'install', given).find(({ spec }) => spec.title?.endsWith(`/${name}`))
  return put && /printf '%s' '([^]*?)' > "\$work\/\$unit"/.exec(textOf(put))?.[1]
}
const loomHost = 'user deploy\ngroup deploy\npath /usr/bin:/bin\nkill /bin/kill\nsystemd 252\n'

test('a service with `listen` has a socket unit, which starts first and stays up over a restart', () => {
  const recipe = loom({ listen: () => [8080, 'tmp/loom.sock'] }, { serviceUnitUser: 'system', directives: { Socket: { Backlog: 64 } } })
  const given = givenOf({ units: '', host: loomHost, 'files.0': '', 'files.1': '' }, { layout: { releases: [goodRelease()] } })
  assert.match(
    fileIn(recipe, 'loom.socket', given)!,
    /\[Socket\]\nListenStream=8080\nListenStream=\/srv\/shop\/shared\/tmp\/loom\.sock\nBacklog=64\n/,
  )
  assert.match(fileIn(recipe, 'loom.service', given)!, /\nRequires=loom\.socket\n/)
  const started = givenOf({ units: shown([running(7), running(7)]) })
  assert.ok(stepsOf(recipe, 'start', started).includes('sudo systemctl start loom.socket loom.service'))
  assert.ok(stepsOf(recipe, 'restart', started).includes('sudo systemctl restart loom.service'))
})

test('several processes are instances of one unit', () => {
  const recipe = loom({ processes: () => 2 }, { serviceUnitUser: 'system', serviceUnitName: 'shop-loom' })
  const given = givenOf({ units: '', host: loomHost, 'files.0': '' }, { layout: { releases: [goodRelease()] } })
  const text = fileIn(recipe, 'shop-loom@.service', given)!
  assert.match(text, /^# .* writes shop-loom@\.service anew/)
  assert.match(text, /\nDescription=Loom of shop \(production\) %i\n/)
  assert.match(text, /\nSyslogIdentifier=shop-loom@%i\n/)
  assert.ok(stepsOf(recipe, 'install', given).includes('sudo systemctl enable shop-loom@1.service shop-loom@2.service'))
  const started = givenOf({ units: shown([running(7), running(8)]) })
  assert.ok(stepsOf(recipe, 'restart', started).includes('sudo systemctl restart shop-loom@1.service shop-loom@2.service'))
})

test('systemdService() refuses a socket for several processes, and an address that is not valid', () => {
  assert.throws(() => stepsOf(loom({ listen: () => 80, processes: () => 2 }), 'start', {}), /loom has `listen` and 2 processes/)
  assert.throws(() => stepsOf(loom({ listen: () => '~/loom.sock' }), 'start', {}), /listen of loom begins with ~/)
  assert.throws(
    () => stepsOf(loom({ listen: () => [3000, '127.0.0.1:3000'] }), 'start', {}),
    /listen of loom 127\.0\.0\.1:3000: port 3000 listens on all addresses/,
  )
})

test('the page names every setting of systemdSettings', () => {
  const [row] = page.split('\n').filter((line) => line.startsWith('| `systemdSettings()` |'))
  for (const name of Object.keys(systemdSettings())) assert.ok(row!.includes(`\`${name}\``), name)
})
