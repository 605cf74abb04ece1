import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { folder, refusal, shown } from './support.ts'

const load = (t: TestContext, file: string, text: string, more: Readonly<Record<string, string>> = {}) =>
  loadConfig({ cwd: folder(t, { [file]: text, '.git/HEAD': '', ...more }) })
const refused = async (t: TestContext, file: string, text: string, more: Readonly<Record<string, string>> = {}) =>
  shown(await refusal(load(t, file, text, more)))

const good = `{ application: 'shop', stages: { production: { servers: ['a1'] } } }`
const yaml = 'application: shop\nstages:\n  production:\n    servers: [a1]\n'
const texts: readonly [string, string][] = [
  ['deploy.config.ts', `const name: string = 'shop'\nexport default { ...${good}, application: name }`],
  ['deploy.config.mts', `export default ${good} satisfies object`],
  ['deploy.config.js', `export default ${good}`],
  ['deploy.config.mjs', `export default await Promise.resolve(${good})`],
  ['deploy.config.json', JSON.stringify({ application: 'shop', stages: { production: { servers: ['a1'] } } })],
  ['deploy.config.yaml', yaml],
  ['deploy.config.yml', yaml],
]
for (const [file, text] of texts) {
  test(`${file} is read`, async (t) => assert.equal((await load(t, file, text)).config.application, 'shop'))
}

test('a CommonJS config is read too', async (t) => {
  assert.equal(
    (await load(t, 'deploy.config.js', `module.exports = ${good}`, { 'package.json': '{"type":"commonjs"}' })).config.application,
    'shop',
  )
})

test('a config that throws has run once, and its message comes with its line', async (t) => {
  const dir = folder(t, {
    'deploy.config.ts': `import { appendFileSync } from 'node:fs'\nappendFileSync(import.meta.dirname + '/runs', 'x')\nconst fail = () => {\n  throw new Error('no such colour')\n}\nexport default fail()\n`,
    '.git/HEAD': '',
  })
  assert.equal(shown(await refusal(loadConfig({ cwd: dir }))), 'no such colour\nat deploy.config.ts:4')
  assert.equal(readFileSync(join(dir, 'runs'), 'utf8'), 'x')
})

test('a config that reads a file that is not there is not taken for a missing config', async (t) => {
  const text = `import { readFileSync } from 'node:fs'\n\nexport default { application: readFileSync('/nowhere/.ruby-version', 'utf8') }`
  assert.match(await refused(t, 'deploy.config.ts', text), /^ENOENT: no such file or directory.*\nat deploy\.config\.ts:3$/)
})

test('an error in a file of the user’s own is shown where the config called it', async (t) => {
  const text = `import { make } from './tasks.ts'\n\nexport default make()\n`
  assert.equal(
    await refused(t, 'deploy.config.ts', text, { 'tasks.ts': `export const make = () => { throw new TypeError('odd') }` }),
    'TypeError: odd\nat deploy.config.ts:3',
  )
})

test('a JSON.parse that fails inside the config is no syntax error of the config', async (t) => {
  assert.match(await refused(t, 'deploy.config.js', `\nexport default JSON.parse('{')`), /^SyntaxError: .*\nat deploy\.config\.js:2$/)
})

const syntax: readonly [string, string, string][] = [
  ['deploy.config.ts', `export default {\n  a: 1\n  b: 2,\n}\n`, "syntax error: Expected ',', got 'ident'\nat deploy.config.ts:3"],
  ['deploy.config.mjs', `export default {\n  a: 1\n  b: 2,\n}\n`, "syntax error: Unexpected identifier 'b'\nat deploy.config.mjs:3"],
  [
    'deploy.config.json',
    `{\n  "application": "shop",\n  oops\n}`,
    'not JSON: Expected double-quoted property name\nat deploy.config.json:3',
  ],
  ['deploy.config.json', `{\n  "application": "shop",\n  "application": "shop"\n}`, 'Map keys must be unique\nat deploy.config.json:3'],
  [
    'deploy.config.yaml',
    `application: shop\nstages: [\n`,
    'Flow sequence in block collection must be sufficiently indented and end with a ]\nat deploy.config.yaml:3',
  ],
  [
    'deploy.config.yaml',
    `application: shop\nbranch: !!js/function 'x'\n`,
    'Unresolved tag: tag:yaml.org,2002:js/function\nat deploy.config.yaml:2',
  ],
]
for (const [file, text, message] of syntax) {
  test(`${file}: ${message.split('\n')[0]}`, async (t) => assert.equal(await refused(t, file, text), message))
}

test('TypeScript that has to be compiled is refused with its line and a way out', async (t) => {
  assert.equal(
    await refused(t, 'deploy.config.ts', `export default {}\nenum Size { small }\n`),
    'TypeScript enum is not supported in a config: Node removes types and compiles nothing\nat deploy.config.ts:2\nhint: write a const object instead: const Size = { small: 1 } as const',
  )
  assert.match(
    await refused(t, 'deploy.config.ts', `class A { constructor(private x: number) {} }\nexport default {}`),
    /parameter property is not supported.*\nat deploy\.config\.ts:1/,
  )
})

test('an import that is not there is an error at its line', async (t) => {
  assert.match(
    await refused(t, 'deploy.config.ts', `\nimport x from 'no-such-package'\nexport default x`),
    /^cannot find package 'no-such-package'\nat deploy\.config\.ts:2\nhint: .*npm install no-such-package/,
  )
  assert.match(
    await refused(t, 'deploy.config.ts', `\nimport x from './tasks'\nexport default x`),
    /^cannot find module .*\nat deploy\.config\.ts:2\nhint: imports of your own files need their extension/,
  )
})

test('a config without a default export is told how to have one', async (t) => {
  assert.equal(
    await refused(t, 'deploy.config.ts', `export const config = {}`),
    'deploy.config.ts has no default export\nat deploy.config.ts\nhint: write: export default defineConfig({ … })',
  )
})

test('a config that is not an object is refused', async (t) => {
  assert.match(await refused(t, 'deploy.config.yaml', ''), /^expected an object, found null/)
  assert.match(await refused(t, 'deploy.config.ts', 'export default () => ({})'), /^expected an object, found a function/)
  assert.match(await refused(t, 'deploy.config.json', '[]'), /^expected an object, found a list/)
})

test('$import means nothing', async (t) => {
  assert.match(
    await refused(t, 'deploy.config.json', `{ "$import": "./other.json" }`, { 'other.json': '{"application":"x"}' }),
    /unknown key "\$import"/,
  )
})

test('a project without "type": "module" is loaded without a warning, and other warnings still come', (t) => {
  const dir = folder(t, {
    'package.json': '{}',
    'deploy.config.ts': `process.emitWarning('mine', 'Warning', 'MINE')\nexport default ${good}`,
    'load.mjs': `import { loadConfig } from ${JSON.stringify(new URL('../../src/config/load.ts', import.meta.url).href)}
      console.log((await loadConfig({ cwd: process.cwd() })).config.application)`,
  })
  const run = spawnSync(process.execPath, ['load.mjs'], { cwd: dir, encoding: 'utf8' })
  assert.equal(run.stdout, 'shop\n')
  assert.doesNotMatch(run.stderr, /TYPELESS|ExperimentalWarning/)
  assert.match(run.stderr, /\[MINE\] Warning: mine/)
})

test('a JSON or YAML config names its recipes', async (t) => {
  const { sidekiq } = await import('../../recipes/index.ts')
  const text = `${yaml}use:\n  - sidekiq: { processes: 2 }\n`
  const cwd = folder(t, { 'deploy.config.yaml': text })
  const { config } = await loadConfig({ cwd, recipes: async () => ({ sidekiq }) })
  assert.deepEqual([config.use![0]!.name, config.use![0]!.given], ['sidekiq', { processes: 2 }])
  const wrong = folder(t, { 'deploy.config.yaml': `${yaml}use: [sidekik]\n` })
  assert.equal(
    shown(await refusal(loadConfig({ cwd: wrong, recipes: async () => ({ sidekiq }) }))),
    'use[0]: there is no recipe "sidekik" (did you mean "sidekiq"?): known are sidekiq\nat deploy.config.yaml:5',
  )
})
