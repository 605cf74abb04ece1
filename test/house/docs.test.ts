import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { parseDocument } from 'yaml'
import * as recipes from '../../recipes/index.ts'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { help } from '../../src/cli/help.ts'
import { parseOptions } from '../../src/cli/global-options.ts'
import { loadConfig } from '../../src/config/load.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import { EXIT } from '../../src/values/errors.ts'
import { folder } from '../config/support.ts'
import { anchors, code, cookbook, fences, isConfig, isModule, links, pages, read, sections } from './pages.ts'
import { root, sources } from './source.ts'

const others = pages.filter((page) => !cookbook.includes(page))
const flags = [.../const FLAGS = \{([\s\S]*?)\n\}/.exec(read('src/cli/global-options.ts'))![1]!.matchAll(/^ {2}'?([a-z-]+)'?: \{/gm)].map(
  ([, flag]) => `--${flag}`,
)

test('every relative link leads to a file, and every anchor to a heading', () => {
  const broken = pages.flatMap((page) =>
    links(read(page)).flatMap((link) => {
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(root, file))) return [`${page}: ${link}`]
      return anchor === undefined || anchors(read(file)).includes(anchor) ? [] : [`${page}: ${link}`]
    }),
  )
  assert.deepEqual(broken, [])
  assert.ok(pages.flatMap((page) => links(read(page))).length > 40)
})

test('every page of the guide is reachable from the README, and those of the cookbook from its index', () => {
  const linkedIn = (page: string) => links(read(page)).map((link) => join(dirname(page), link.split('#')[0]!))
  const linked = [...linkedIn('README.md'), ...linkedIn('docs/cookbook.md')]
  assert.deepEqual(
    pages.filter((page) => page !== 'README.md' && !linked.includes(page)),
    [],
  )
})

test('every config and recipe in the docs compiles', { timeout: 120_000 }, (t) => {
  const blocks = others.flatMap((page) => code(page).filter(isModule))
  assert.ok(blocks.length >= 8)
  // a config of the cookbook may import a file that its recipe shows
  const recipes = cookbook.flatMap((page) =>
    sections(page).flatMap(({ title, files }, i) =>
      Object.entries(files).map(([file, text]) => [`${basename(page, '.md')}-${i}-${title.split(' ')[0]}/${file}`, text]),
    ),
  )
  assert.ok(recipes.length >= 28)
  const dir = folder(t, {
    'package.json': '{"type":"module"}',
    ...Object.fromEntries(blocks.map(({ name, text }) => [`${name}.ts`, text])),
    ...Object.fromEntries(recipes),
  })
  const from = (path: string) => [join(root, path)]
  writeFileSync(
    join(dir, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        typeRoots: from('node_modules/@types'),
        paths: {
          'shipit-ts': from('src/index.ts'),
          'shipit-ts/kit': from('src/kit/index.ts'),
          'shipit-ts/recipes': from('recipes/index.ts'),
          zod: from('node_modules/zod/index.d.ts'),
        },
      },
      include: ['**/*.ts'],
    }),
  )
  const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', dir], { encoding: 'utf8' })
  assert.equal(tsc.stdout, '')
  assert.equal(tsc.status, 0)
})

// those of the cookbook are run, in test/cookbook
for (const { name, text } of others.flatMap((page) => code(page).filter(isConfig))) {
  test(`the config ${name} loads in each of its stages, and its hooks have their tasks`, async (t) => {
    // read by the config about data from YAML files
    const data = { 'config/databases.yml': 'production: { database: shop, password: x }\n' }
    const cwd = folder(t, { 'deploy.config.ts': text, '.git/HEAD': '', ...data })
    const loaded = await loadConfig({ cwd, inspect: staticProblems })
    for (const stageName of Object.keys(loaded.config.stages)) {
      process.env['CDN_TOKEN'] ??= 'only for this test'
      createRegistry(await resolveStage(loaded, stageName))
    }
  })
}

test('the YAML of the docs is valid, and the config in it loads', async (t) => {
  const blocks = pages.flatMap((page) => [...read(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text!))
  const configs = blocks.filter((text) => /^application:/m.test(text))
  assert.deepEqual([blocks.length, configs.length], [6, 1])
  for (const text of blocks) assert.deepEqual(parseDocument(text).errors, [])
  const cwd = folder(t, { 'deploy.config.yaml': configs[0]! })
  const loaded = await loadConfig({ cwd, recipes: async () => ({ ...recipes }) })
  const { recipes: used } = await resolveStage(loaded, 'production')
  assert.deepEqual(
    used.map(({ name }) => name),
    ['bundler', 'sidekiq'],
  )
})

test("the README's config has ten lines and makes two hosts", async (t) => {
  const [block] = code('README.md').filter(isConfig)
  assert.ok(block)
  assert.ok(block.text.trim().split('\n').length <= 11)
  const { hosts } = await resolveStage(await loadConfig({ cwd: folder(t, { 'deploy.config.ts': block.text }) }), 'production')
  assert.deepEqual(
    hosts.map((host) => [host.user, host.name]),
    [
      ['deploy', 'app1.example.com'],
      ['deploy', 'app2.example.com'],
    ],
  )
})

test('docs/configuration.md names every flag and every variable that shipit reads', () => {
  const page = read('docs/configuration.md')
  const [, table] = /\n## Flags and variables\n([^]*)$/.exec(page)!
  const code = globSync('src/**/*.ts', { cwd: root, exclude: ['src/sandbox/**'] })
    .map(read)
    .join('\n')
  const taken = [...code.matchAll(/const \{ ([A-Z_, ]+) \} = process\.env/g)].flatMap(([, list]) => list!.split(', '))
  const names = [...code.matchAll(/\benv(?:\.|\[')([A-Z][A-Z_]+)\b/g)].map(([, name]) => name!)
  const all = new Set([...names, ...taken])
  assert.ok(all.size >= 12, [...all].join())
  assert.deepEqual(
    [...all].filter((name) => !table!.includes(`\`${name}\``)),
    [],
  )
  // these options change no setting
  const others = ['--dry-run', '--full', '--tasks', '--all', '--keep', '--help', '--version']
  assert.deepEqual(
    flags.filter((flag) => !others.includes(flag) && !table!.includes(flag)),
    [],
  )
})

test('every option is in --help and in docs/commands.md, and neither names another', () => {
  assert.ok(flags.length >= 14)
  for (const text of [help(Infinity), read('docs/commands.md')]) {
    assert.deepEqual(
      flags.filter((flag) => !new RegExp(`${flag}(?![a-z-])`).test(text)),
      [],
    )
  }
  const typed = pages.flatMap((page) =>
    fences(read(page)).flatMap((text) => [...text.matchAll(/^ *(?:- |\$ )?(?:npx )?shipit ([\w-].*)$/gm)].map(([, words]) => words!)),
  )
  assert.ok(typed.length > 10)
  // an option that is not shipit's belongs to a recipe's task
  const args = sources('recipes/**/*.ts', 'src/kit/**/*.ts')
    .map(({ text }) => text)
    .join('\n')
  const ownFlags = new Set(COMMANDS.flatMap(({ own }) => (own === 'tasks' ? [] : own.flatMap(([row]) => row.match(/-[\w-]+/g) ?? []))))
  for (const words of typed) {
    for (const { flag, name } of parseOptions(words.replaceAll('"', '').split(' ')).taskOptions)
      if (!ownFlags.has(flag))
        assert.match(args, new RegExp(`\\b${name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}: z\\b`), words)
  }
})

test('every exit code of a run is in --help, docs/commands.md and docs/ci.md', () => {
  for (const [i, text] of [help(80), read('docs/commands.md'), read('docs/ci.md')].entries()) {
    // no run ends with 5 yet
    assert.deepEqual(
      Object.values(EXIT).filter((exit) => (i > 0 || exit !== EXIT.rolledBack) && !new RegExp(`(^|[| ,])${exit}[ ,]`, 'm').test(text)),
      [],
    )
  }
})

test('every error in docs/troubleshooting.md is in the source', () => {
  const said = sources('src/**/*.ts', 'recipes/**/*.{ts,rb,sh}')
    .map(({ text }) => text)
    .join('\n')
  const errors = [...read('docs/troubleshooting.md').matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, text]) => text!),
  )
  const fragments = errors
    .flatMap((text) => text.split(/…|"[^"]*"|: |\d+|[,;] |\b(?:deplyo|app9|keepRelease|flock|git|a → b)\b/))
    .map((text) => text.trim())
    .filter((text) => text.length >= 8)
  assert.ok(fragments.length > 90, `${fragments.length}`)
  assert.deepEqual(
    fragments.filter((text) => !said.includes(text)),
    [],
  )
})

test('ARCHITECTURE.md names every room and every dependency', () => {
  const page = read('ARCHITECTURE.md')
  const rooms = globSync('src/*/', { cwd: root }).map((path) => `\`${path.replace(/\/$/, '')}\``)
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object }
  assert.deepEqual(
    [...rooms, ...Object.keys(dependencies).map((name) => `| ${name} |`)].filter((name) => !page.includes(name)),
    [],
  )
})
