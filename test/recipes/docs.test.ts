import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { resolveStage } from '../../src/config/stage.ts'
import { sudoersLines } from '../../src/kit/sudo/sudoers-rules.ts'
import { orderTasks } from '../../src/tasks/order.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import { bundler, sidekiq } from '../../recipes/index.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { rowsOf } from '../../recipes/sidekiq/status.ts'
import { sudoersRules } from '../../recipes/sidekiq/sudoers.ts'
import { unitFiles } from '../support/sidekiq-units.ts'
import { wordingOf } from '../../recipes/sidekiq/systemd/service.ts'
import { sudoRemedy } from '../../recipes/systemd/remedies.ts'
import { withWording } from '../../recipes/systemd/wording.ts'
import { host } from '../golden/sidekiq-units.ts'
import { sources } from '../house/source.ts'
import { commandsOf, contextOf, textOf, withoutProof } from '../support/context.ts'

import assert from 'node:assert/strict'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')
/** The text between a heading and the next one. */
const section = (text: string, heading: string) => text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
/** The rows of all tables, by cell. */
const rows = (text: string) => [...text.matchAll(/^\|.*\|$/gm)].map(([row]) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
const codes = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!)

/** Every setting, with those inside `drain` and `redis`. */
const settings = (): readonly string[] => {
  const { drain, redis, ...rest } = sidekiq().definition.settings!.parse({ drain: true }) as { drain: object; redis: object }
  const inside = (name: string, of: object) => Object.keys(of).map((key) => `${name}.${key}`)
  return ['drain', 'redis', ...Object.keys(rest), ...inside('drain', drain), ...inside('redis', redis)]
}

test('the pages about moving from Capistrano name only settings that exist', () => {
  const named = rows(section(page('coming-from-capistrano'), 'capistrano-bundler')).flatMap(([, , name]) => codes(name).slice(0, 1))
  assert.deepEqual(named.filter((name) => /^\w+$/.test(name)).toSorted(), Object.keys(bundler().definition.settings!.shape).toSorted())
  const moves = page('coming-from-capistrano-sidekiq')
  const { signals } = sidekiq().definition.settings!.shape
  const known = [...settings(), ...Object.keys(signals.parse(undefined)).map((key) => `signals.${key}`)]
  for (const [heading, least] of [
    ['From 3.x', 18],
    ['From 2.x', 13],
    ['From 1.x and 0.x', 13],
  ] as const) {
    const all = rows(section(moves, heading).split('\n### ')[0]!).flatMap((cells) => (cells.length === 5 ? codes(cells[2]) : []))
    assert.deepEqual(
      all.filter((name) => name !== 'sidekiq({…})' && !known.includes(name)),
      [],
    )
    assert.ok(new Set(all).size >= least, `${heading}: ${new Set(all).size}`)
  }
})

test('every task of capistrano-sidekiq on the page has its task here', () => {
  const tasks = Object.keys(sidekiq().definition.tasks!).map((name) => `sidekiq:${name}`)
  const moved = rows(page('coming-from-capistrano-sidekiq')).flatMap((cells) =>
    cells.length === 4 && cells[1]!.includes('sidekiq:') ? [cells] : [],
  )
  assert.ok(moved.length >= 12)
  for (const [, there, here] of moved) {
    const same = /the same name/.test(here!)
    for (const name of codes(same ? there : here).filter((code) => /^sidekiq:./.test(code))) assert.ok(tasks.includes(name), name)
  }
})

test('the commands on the page are the ones that run', () => {
  const found = [...section(page('sidekiq'), 'Tasks').matchAll(/^\| `sidekiq:(\w+)` \| `(.+?)` \| `(.+?)` \|$/gm)]
  assert.equal(found.length, 4)
  const unit = 'Type=notify\nMainPID=1\nLoadState=loaded\nActiveState=active\nExecReload={ argv[]=/bin/kill -s TSTP $MAINPID ; }\n'
  for (const [, task = '', ...texts] of found) {
    const run = (scope: string) =>
      withoutProof(commandsOf(sidekiq(), task, { settings: { serviceUnitUser: scope }, facts: { units: unit } }))
        .map(textOf)[0]!
        .split('\n')
        .at(-1)
    assert.deepEqual(texts, [run('system'), run('user')])
  }
})

test('the unit on the page is the one that install writes, and the sudo rules are those that are printed', () => {
  const given = { settings: { serviceUnitUser: 'system', user: 'deploy' } as const, facts: { host: host() } }
  const c = contextOf(sidekiq(given.settings), given) as unknown as Context
  const [unit, ...more] = [...page('sidekiq-settings').matchAll(/```ini\n(.*?)```/gs)].map(([, text]) => text!)
  assert.deepEqual(more, [])
  assert.equal(unitFiles(c)[0]!.text, unit)
  const printed = sudoersLines(sudoersRules, c.settings, { user: 'deploy', bin: '/usr/bin/systemctl' })
  assert.ok(page('sidekiq').includes(`\n\`\`\`\n${printed.join('\n')}\n\`\`\`\n`))
  // they include the rules of a refused task
  const asked = sudoRemedy(withWording(c, wordingOf(c.settings)), ['sidekiq.service'])
    .split('\n')[1]!
    .replace('deploy ALL=(root) NOPASSWD: ', '')
    .split(', ')
  for (const command of asked)
    assert.ok(
      printed.some((line) => line.endsWith(command)),
      command,
    )
})

test('the table on the page has the columns of sidekiq:status', () => {
  const [row] = rowsOf([['w1', { unread: '' }]], [])
  const [head] = section(page('sidekiq'), 'Status')
    .split('\n')
    .filter((line) => line.startsWith('host '))
  assert.deepEqual(head!.split(/ {2,}/), Object.keys(row!))
})

test('the page names every task with a description, and its options', () => {
  const text = section(page('sidekiq'), 'Tasks')
  for (const [name, { description, args }] of Object.entries(sidekiq().definition.tasks!)) {
    if (description === undefined) continue
    assert.match(text, new RegExp(`\\bsidekiq:${name}\\b`), name)
    for (const option of Object.keys(args?.shape ?? {})) assert.match(text, new RegExp(`sidekiq:${name}[^\`]* \\[--${option}\\b`), option)
  }
})

/** Messages of sudo and systemd. */
const OTHERS =
  /^(sudo: |a (password|terminal) is required|is not allowed to execute|Failed to connect to bus|Unit sidekiq|not loaded|bad unit|start request|a timeout was|No such file|--user|\w+=)/

test('every error and finding on the page is in the source', () => {
  const said = sources('recipes/**/*.{ts,rb}', 'src/kit/**/*.ts')
    .map(({ text }) => text)
    .join('\n')
    // the name of the service: Sidekiq is one of several recipes over systemd
    .replaceAll('${failure.service.name}', 'Sidekiq')
    .replaceAll('${c.service.name}', 'Sidekiq')
  const text = page('sidekiq')
  const told = ['Doctor', 'What an error means'].flatMap((heading) => rows(section(text, heading)).flatMap(([, cell]) => codes(cell)))
  const fragments = told
    .flatMap((one) => one.split(/…|redis:\/\/|\b(?:deploy|production|worker)\b/))
    .map((one) => one.trim())
    .filter((one) => one.length > 5 && !OTHERS.test(one))
  assert.ok(fragments.length > 50, `${fragments.length}`)
  assert.deepEqual(
    fragments.filter((one) => !said.includes(one)),
    [],
  )
})

test('the configs on the pages load, and have hosts and tasks', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-docs-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const url = (path: string) => new URL(`../../${path}`, import.meta.url).href
  const configs = ['sidekiq', 'coming-from-capistrano']
    .flatMap((name) => [...page(name).matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!))
    .filter((code) => code.includes('defineConfig(') && code.includes('sidekiq('))
  assert.equal(configs.length, 2)
  for (const [i, code] of configs.entries()) {
    const file = join(dir, `config${i}.ts`)
    writeFileSync(
      file,
      code.replaceAll("'shipit-ts'", `'${url('src/index.ts')}'`).replaceAll("'shipit-ts/recipes'", `'${url('recipes/index.ts')}'`),
    )
    const { default: config } = (await import(pathToFileURL(file).href)) as { default: never }
    const stage = await resolveStage({ file, text: code, config }, 'production')
    assert.ok(stage.hosts.some((one) => one.has('worker') && one.user === 'deploy'))
    assert.ok(orderTasks(createRegistry(stage), ['deploy']).some((entry) => entry.kind === 'task' && entry.task.name === 'sidekiq:start'))
  }
})
