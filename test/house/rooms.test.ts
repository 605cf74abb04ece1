import assert from 'node:assert/strict'
import { test } from 'node:test'
import { circles, trespasses } from './rooms.ts'
import { importsOf, sources, target } from './source.ts'

const house = sources('src/**/*.ts', 'recipes/**/*.ts')

test('imports cross rooms in one direction only', () => {
  assert.ok(house.length > 10)
  assert.deepEqual(house.flatMap(trespasses), [])
})

test('no files import each other in a circle, types included', () => {
  assert.deepEqual(circles(house), [])
  const made = (file: string, ...imports: string[]) => ({ file, text: '', imports })
  const files = [made('src/a.ts', './b.ts', 'zod'), made('src/b.ts', './c/d.ts'), made('src/c/d.ts', '../b.ts'), made('src/e.ts', './a.ts')]
  assert.deepEqual(circles(files), [['src/b.ts', 'src/c/d.ts']])
})

test('the managers of Sidekiq know nothing of each other, and what they share nothing of them', () => {
  const roomOf = (file: string) => /^recipes\/sidekiq\/(systemd|upstart|signals)\//.exec(file)?.[1]
  // the recipe itself, what it offers to other recipes, its schema, and the rules for sudo have a part for each
  const ofAll = /^recipes\/sidekiq\/(index|services|settings|sudoers)\.ts$/
  const known = house
    .filter(({ file }) => file.startsWith('recipes/sidekiq/') && !ofAll.test(file))
    .flatMap(({ file, imports }) => imports.filter((one) => one.startsWith('.')).map((one) => ({ file, to: target(file, one) })))
    .filter(({ file, to }) => roomOf(to) !== undefined && roomOf(to) !== roomOf(file))
  assert.deepEqual(known, [])
})

test('a file of src or recipes has at most 250 lines', () => {
  const long = house.map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 })).filter(({ lines }) => lines > 250)
  assert.deepEqual(long, [])
})

test('only configs have default exports', () => {
  const found = sources('src/**/*.ts', 'recipes/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts')
    .filter(({ file }) => !/\.fixture\.ts$|config[^/]*\.ts$/.test(file))
    .filter(({ text }) => /^export default\b/m.test(withoutTemplates(text)))
    .map(({ file }) => file)
  assert.deepEqual(found, [])
})

test('only src/output and src/cli print, and only bin.ts sets the exit code', () => {
  const printing = house.filter(
    ({ file, text }) => !/^src\/(output|cli|sandbox)\//.test(file) && /\bconsole\.|process\.std(out|err)\b/.test(text),
  )
  assert.deepEqual(
    printing.map(({ file }) => file),
    [],
  )
  const exiting = house.filter(({ file, text }) => file !== 'src/cli/bin.ts' && /process\.exitCode\s*=/.test(text))
  assert.deepEqual(
    exiting.map(({ file }) => file),
    [],
  )
})

test('only src/transport/ssh2-internals reads private parts of ssh2', () => {
  const reading = house.filter(
    ({ file, text }) => !file.startsWith('src/transport/ssh2-internals/') && /\b_(?:protocol|chanMgr|sock)\b/.test(text),
  )
  assert.deepEqual(
    reading.map(({ file }) => file),
    [],
  )
})

test('trespasses() distinguishes the rooms', () => {
  const wrong = (file: string, ...imports: string[]) => trespasses({ file, text: '', imports }).length
  assert.equal(wrong('src/shell/a.ts', '../values/path.ts', './b.ts', 'node:util'), 0)
  assert.equal(wrong('src/shell/a.ts', '../run/x.ts', '../tasks/types.ts', 'node:fs', './b'), 4)
  assert.equal(wrong('src/output/a.ts', '../events/types.ts', 'listr2'), 0)
  assert.equal(wrong('src/output/a.ts', '../plan/types.ts', '../cli/main.ts'), 2)
  assert.equal(wrong('src/transport/a.ts', '../config/types.ts'), 1)
  assert.equal(wrong('src/kit/sudo/a.ts', '../../index.ts', './b.ts', '../../shell/sh.ts'), 1)
  assert.equal(
    wrong('recipes/a.ts', '../src/index.ts', '../src/kit/index.ts', '../src/kit/expand-home.ts', 'zod', 'node:path', './b.ts'),
    1,
  )
  assert.equal(wrong('recipes/a.ts', '../src/index.ts', 'zod', 'node:path', './b.ts'), 0)
  assert.equal(wrong('recipes/a/b.ts', '../../src/index.ts', '../../src/shell/sh.ts', 'chalk', '../../test/x.ts'), 3)
  assert.equal(wrong('src/attic/a.ts', './b.ts'), 1)
})

test('trespasses() refuses imports of the inner files of another recipe', () => {
  const wrong = (file: string, ...imports: string[]) => trespasses({ file, text: '', imports }).length
  assert.equal(wrong('recipes/a/b.ts', './c.ts', '../a/c.ts', '../bundler.ts', '../rails/index.ts', '../systemd/services.ts'), 0)
  assert.equal(wrong('recipes/a/b/c.ts', '../../systemd/units/host.ts', '../../rails/settings.ts', '../../sidekiq/units.ts'), 3)
  assert.equal(wrong('recipes/index.ts', './systemd/own-service.ts'), 0)
})

test('importsOf() finds every form of import', () => {
  const text = `import a from 'a'\nimport type { B } from "b"\nexport * from 'c'\nimport 'd'\nconst e = await import('e')\nexport {\n  f,\n} from 'f'`
  assert.deepEqual(importsOf(text), ['a', 'b', 'c', 'd', 'e', 'f'])
})

const withoutTemplates = (text: string) => text.replaceAll(/`(?:\\.|[^`\\])*`/gs, '``')
