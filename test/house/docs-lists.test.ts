import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { stage } from '../../src/config/schema.ts'
import * as kit from '../../src/kit/index.ts'
import { coreTasks } from '../../src/tasks/core.ts'
import { fences, links, pages, read } from './pages.ts'
import { root } from './source.ts'

test('docs/tasks.md names every core task', () => {
  const page = read('docs/tasks.md')
  const nothing = { linkedFiles: [], linkedDirs: [], git: { limit: 1, hostKeys: 'yes' } } as unknown as Parameters<typeof coreTasks>[0]
  assert.deepEqual(
    Object.keys(coreTasks(nothing)).filter((name) => !page.includes(name)),
    [],
  )
})

test('the first table of docs/tasks.md names every key of a task', () => {
  const [, table = ''] = /^\| key \|[^]*?\n((?:\|.*\n)+)/m.exec(read('docs/tasks.md')) ?? []
  const told = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key!)
  assert.deepEqual(told.toSorted(), Object.keys(stage.shape.tasks.unwrap().valueType.shape).toSorted())
})

test('docs/recipes.md names everything that shipit-ts/kit exports', () => {
  const page = read('docs/recipes.md')
    .split('## The kit')[1]!
    .replaceAll(/^```ts$[^]*?^```$/gm, '')
  assert.deepEqual(
    Object.keys(kit).filter((name) => !new RegExp(String.raw`\b${name}\b`).test(page)),
    [],
  )
  assert.ok(Object.keys(kit).length > 40)
})

test('docs/ci.md names every type of event and no other', () => {
  const [, list = ''] = /Each has `at`[^]*? and `type`: ([^]*?)\. /.exec(read('docs/ci.md').replaceAll(/\s+/g, ' ')) ?? []
  const told = [...list.replaceAll(/\([^)]*\)/g, '').matchAll(/`([\w:]+)`/g)].map(([, type]) => type!)
  const types = [...read('src/events/types.ts').matchAll(/readonly type: '([\w:]+)'/g)].map(([, type]) => type!)
  assert.ok(types.length > 15)
  assert.deepEqual(told.toSorted(), types.toSorted())
})

test('every run in the docs ends with its time and the path of its log', () => {
  const runs = pages.flatMap((page) =>
    fences(read(page)).flatMap((text) => (/^\$ shipit[^]*\(\d[\w. ]*\)$/m.test(text) ? [{ page, text }] : [])),
  )
  assert.ok(runs.length >= 3)
  assert.deepEqual(
    runs.filter(({ text }) => !/\(\d[\w. ]*\)\n {2}log: \/.*\/log\/shipit\.log\n$/.test(text)).map(({ page }) => page),
    [],
  )
})

test('every path in CONTRIBUTING.md and ARCHITECTURE.md exists', () => {
  const rooms = globSync('src/*/', { cwd: root }).map((path) => path.replace(/^src\/|\/$/g, ''))
  const found = ['CONTRIBUTING.md', 'ARCHITECTURE.md'].flatMap((page) =>
    [...read(page).matchAll(/(?<![\w./-])(?:src|test|recipes|docs|bench|\.ci|\.config)\/[\w./-]*[\w/]/g)].map(([path]) => path),
  )
  // ARCHITECTURE.md leaves out src/
  const short = [...read('ARCHITECTURE.md').matchAll(/`([\w-]+)\/([\w./-]+\.ts)`/g)].flatMap(([, room, file]) =>
    rooms.includes(room!) ? [`src/${room}/${file}`] : [],
  )
  const paths = [...found, ...short].filter((path) => !path.includes('NAME'))
  assert.ok(paths.length > 60, `${paths.length}`)
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  )
})

test('every relative link of a packaged page leads to a packaged file', () => {
  const { files } = JSON.parse(read('package.json')) as { files: readonly string[] }
  // npm always packs the first three
  const packed = ['README.md', 'LICENSE', 'package.json', ...files]
  const inside = (file: string) => packed.some((one) => file === one || file.startsWith(`${one}/`))
  const broken = pages.filter(inside).flatMap((page) =>
    links(read(page))
      .map((link) => link.split('#')[0]!)
      .filter((path) => path !== '' && !inside(join(dirname(page), path)))
      .map((path) => `${page}: ${path}`),
  )
  assert.deepEqual(broken, [])
})

test('prose in the guide has lines of at most 140 characters', () => {
  const long = pages
    .filter((page) => page !== 'CHANGELOG.md')
    .flatMap((page) => {
      const prose = read(page).replace(/^```[^]*?^```$/gm, '')
      return prose.split('\n').filter((line) => line.length > 140 && !line.startsWith('|'))
    })
  assert.deepEqual(long, [])
})
