import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { bundler, sidekiq } from '../../recipes/index.ts'
import { sudoRemedy } from '../../recipes/systemd/remedies.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { orderTasks } from '../../src/tasks/order.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import { host } from '../golden/sidekiq-units.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { unitFiles } from '../../recipes/sidekiq/systemd/files.ts'
import { contextOf, stepsOf } from '../support/context.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')
/** The text between a heading and the next one. */
const section = (text: string, heading: string) => text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
const cells = (text: string, column: number) =>
  [...text.matchAll(/^\|.*\|$/gm)].flatMap(([row]) => /^`(\w+)`$/.exec(row.split(/(?<!\\)\|/)[column]!.trim())?.[1] ?? [])

test('the page on Sidekiq names every setting, and no other', () => {
  assert.deepEqual(cells(section(page('sidekiq'), 'Settings'), 1), Object.keys(sidekiq().definition.settings!.shape))
})

test('the page for those who come from Capistrano names every setting of the recipes, and no other', () => {
  const named = (heading: string) => cells(section(page('coming-from-capistrano'), heading), 2).toSorted()
  assert.deepEqual(named('capistrano-bundler'), Object.keys(bundler().definition.settings!.shape).toSorted())
  assert.deepEqual(named('capistrano-sidekiq'), Object.keys(sidekiq().definition.settings!.shape).toSorted())
})

test('the commands on the page are those that run', () => {
  const table = section(page('sidekiq'), 'Tasks')
  const rows = [...table.matchAll(/^\| `sidekiq:(\w+)` \| `(.+?)` \| `(.+?)` \|$/gm)]
  assert.equal(rows.length, 4)
  const unit = 'Type=notify\nMainPID=1\nLoadState=loaded\nActiveState=active\nExecReload={ argv[]=/bin/kill -s TSTP $MAINPID ; }\n'
  for (const [, task = '', ...texts] of rows) {
    const run = (scope: string) =>
      stepsOf(sidekiq(), task, { settings: { serviceUnitUser: scope }, facts: { units: unit } })[0]!
        .split('\n')
        .at(-1)
    assert.deepEqual(texts, [run('system'), run('user')])
  }
})

test("the unit on the page is what install writes, and the line for sudoers is shipit's own", () => {
  const text = page('sidekiq')
  const [unit, ...more] = [...text.matchAll(/```ini\n(.*?)```/gs)].map(([, unit]) => unit!)
  assert.deepEqual(more, [])
  const given = { settings: { serviceUnitUser: 'system', user: 'deploy', drain: true }, facts: { host: host() } }
  const [file] = unitFiles(contextOf(sidekiq(given.settings as Parameters<typeof sidekiq>[0]), given) as unknown as Context)
  // the first line says whose it is
  assert.equal(file!.text.replace(/^.*\n/, ''), unit)
  const line = sudoRemedy(contextOf(sidekiq({ serviceUnitUser: 'system' })) as unknown as Parameters<typeof sudoRemedy>[0], [
    'sidekiq.service',
  ]).split('\n')[1]!
  assert.ok(text.includes(line))
})

test('the page names every task with a description, and its options', () => {
  const text = section(page('sidekiq'), 'Tasks')
  for (const [name, { description, args }] of Object.entries(sidekiq().definition.tasks!)) {
    if (description === undefined) continue
    assert.match(text, new RegExp(`\\bsidekiq:${name}\\b`), name)
    for (const option of Object.keys(args?.shape ?? {})) assert.match(text, new RegExp(`sidekiq:${name}[^\`]* \\[--${option}\\b`), option)
  }
})

test('the configs on the pages load, and their stage has hosts and tasks', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-docs-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const url = (path: string) => new URL(`../../${path}`, import.meta.url).href
  const configs = ['sidekiq', 'coming-from-capistrano']
    .flatMap((name) => [...page(name).matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!))
    .filter((code) => code.includes('defineConfig('))
  assert.equal(configs.length, 2)
  for (const [i, code] of configs.entries()) {
    const file = join(dir, `config${i}.ts`)
    writeFileSync(
      file,
      code.replaceAll("'shipit-ts'", `'${url('src/index.ts')}'`).replaceAll("'shipit-ts/recipes'", `'${url('recipes/index.ts')}'`),
    )
    const { default: config } = (await import(pathToFileURL(file).href)) as { default: never }
    const stage = await resolveStage({ file, text: code, config }, 'production')
    assert.ok(stage.hosts.some((host) => host.has('worker') && host.user === 'deploy'))
    assert.ok(orderTasks(createRegistry(stage), ['deploy']).some((entry) => entry.kind === 'task' && entry.task.name === 'sidekiq:start'))
  }
})
