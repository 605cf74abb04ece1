import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { present } from '../../src/values/absent.ts'
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

test('a CommonJS config is read', async (t) => {
  assert.equal(
    (await load(t, 'deploy.config.js', `module.exports = ${good}`, { 'package.json': '{"type":"commonjs"}' })).config.application,
    'shop',
  )
})

test('a config that throws runs once, and its error has the line', async (t) => {
  const dir = folder(t, {
    'deploy.config.ts': `import { appendFileSync } from 'node:fs'\nappendFileSync(import.meta.dirname + '/runs', 'x')\nconst fail = () => {\n  throw new Error('no such colour')\n}\nexport default fail()\n`,
    '.git/HEAD': '',
  })
  assert.equal(shown(await refusal(loadConfig({ cwd: dir }))), 'no such colour\nat deploy.config.ts:4')
  assert.equal(readFileSync(join(dir, 'runs'), 'utf8'), 'x')
})

test('a config that reads a missing file is not reported as a missing config', async (t) => {
  const text = `import { readFileSync } from 'node:fs'\n\nexport default { application: readFileSync('/nowhere/.ruby-version', 'utf8') }`
  assert.match(await refused(t, 'deploy.config.ts', text), /^ENOENT: no such file or directory.*\nat deploy\.config\.ts:3$/)
})

test('an error in an imported file is reported at the line of the config that called it', async (t) => {
  const text = `import { make } from './tasks.ts'\n\nexport default make()\n`
  assert.equal(
    await refused(t, 'deploy.config.ts', text, { 'tasks.ts': `export const make = () => { throw new TypeError('odd') }` }),
    'TypeError: odd\nat deploy.config.ts:3',
  )
})

test('a JSON.parse that fails in the config is not reported as a syntax error of the config', async (t) => {
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
  [
    'deploy.config.json',
    `{\n  "application": "shop",\n  "application": "shop"\n}`,
    'not valid JSON: the key "application" is given twice\nat deploy.config.json:3',
  ],
  [
    'deploy.config.yaml',
    `application: shop\nstages: [\n`,
    'not valid YAML: a [ is not closed, or its lines are not indented\nat deploy.config.yaml:3',
  ],
  [
    'deploy.config.yaml',
    `application: shop\ngit: {\n  limit: 1\nbranch: main\n`,
    'not valid YAML: a { is not closed, or its lines are not indented\nat deploy.config.yaml:4',
  ],
  ['deploy.config.yaml', `stages:\n  a: {}\n  a: {}\n`, 'not valid YAML: the key a is given twice\nat deploy.config.yaml:3'],
  [
    'deploy.config.yaml',
    `hooks:\n  after:\n    deploy:published: a\n    deploy:published : b\n`,
    'not valid YAML: the key deploy:published is given twice\nat deploy.config.yaml:4',
  ],
  ['deploy.config.yaml', `vars: { a b: 1, a b: 2 }\n`, 'not valid YAML: the key a b is given twice\nat deploy.config.yaml:1'],
  ['deploy.config.yaml', `vars: { "a\\"b": 1, "a\\"b": 2 }\n`, 'not valid YAML: the key "a\\"b" is given twice\nat deploy.config.yaml:1'],
  [
    'deploy.config.yaml',
    `application: shop: x\n`,
    'not valid YAML: a value with ": " in it needs quotes, and a key needs a line of its own, indented like its neighbours\nat deploy.config.yaml:1',
  ],
  [
    'deploy.config.yaml',
    `application: shop\nbranch:main\n`,
    'not valid YAML: a key needs a colon and a space after it\nat deploy.config.yaml:2',
  ],
  [
    'deploy.config.yaml',
    `application: shop\n---\nbranch: main\n`,
    'not valid YAML: the line --- begins a second document, and a config is one\nat deploy.config.yaml:2',
  ],
  [
    'deploy.config.yaml',
    `application: shop\nbranch: !!js/function 'x'\n`,
    'not valid YAML: unresolved tag: tag:yaml.org,2002:js/function\nat deploy.config.yaml:2',
  ],
]
for (const [file, text, message] of syntax) {
  test(`${file}: ${message.split('\n')[0]}`, async (t) => assert.equal(await refused(t, file, text), message))
}

test('TypeScript syntax that needs compiling is refused with its line and an alternative', async (t) => {
  assert.equal(
    await refused(t, 'deploy.config.ts', `export default {}\nenum Size { small }\n`),
    'TypeScript enum is not supported in a config: Node removes types and compiles nothing\nat deploy.config.ts:2\nhint: write a const object instead: const Size = { small: 1 } as const',
  )
  assert.match(
    await refused(t, 'deploy.config.ts', `class A { constructor(private x: number) {} }\nexport default {}`),
    /parameter property is not supported.*\nat deploy\.config\.ts:1/,
  )
})

test('an entry point of shipit-ts that does not exist is an error at its line, with the nearest', async (t) => {
  assert.equal(
    await refused(t, 'deploy.config.ts', `// shipit\nimport { rails } from 'shipit-ts/recipies'\nexport default rails`),
    "there is no 'shipit-ts/recipies' (did you mean 'shipit-ts/recipes'?)\nat deploy.config.ts:2",
  )
  assert.equal(
    await refused(t, 'deploy.config.ts', `import { rails } from 'shipit-ts/plugins'\nexport default rails`),
    "there is no 'shipit-ts/plugins': a config imports from 'shipit-ts', 'shipit-ts/kit' or 'shipit-ts/recipes'\nat deploy.config.ts:1",
  )
})

test('a misspelled entry point in a comment is not the one that a config imports', async (t) => {
  const text = `// import { rails } from 'shipit-ts/old'
/*
 * import { rails } from 'shipit-ts/older'
 */
/* old: */ import { /* from 'shipit-ts/oldest' */ rails } from 'shipit-ts/recipies' // not from 'shipit-ts/plugins'
export default rails`
  assert.equal(
    await refused(t, 'deploy.config.ts', text),
    "there is no 'shipit-ts/recipies' (did you mean 'shipit-ts/recipes'?)\nat deploy.config.ts:5",
  )
})

test('an entry point that does not exist is found also where the package is installed, and in an imported file', async (t) => {
  const files = { 'node_modules/shipit-ts/package.json': '{ "name": "shipit-ts", "exports": { ".": "./index.js" } }' }
  const text = `\nimport { rails } from 'shipit-ts/recipies'\nexport default rails`
  assert.match(await refused(t, 'deploy.config.ts', text, files), /^there is no 'shipit-ts\/recipies' .*\nat deploy\.config\.ts:2$/)
  assert.match(
    await refused(t, 'deploy.config.ts', `import x from './own.ts'\nexport default x`, { 'own.ts': text }),
    /^there is no 'shipit-ts\/recipies' .*\nat own\.ts:2$/,
  )
})

test('a name imported from the wrong entry point is an error with the right one', async (t) => {
  for (const [name, from, has] of [
    ['rails', 'shipit-ts', 'shipit-ts/recipes'],
    ['defineConfig', 'shipit-ts/recipes', 'shipit-ts'],
    ['Stage', 'shipit-ts', undefined],
  ] as const) {
    const text = `// shipit\nimport {\n  ${name},\n} from '${from}'\nexport default ${name}`
    const expected = has === undefined ? `'${from}' has no export "${name}": if it is a type, write import type` : `${name} is in '${has}'`
    assert.equal(await refused(t, 'deploy.config.ts', text), `${expected}\nat deploy.config.ts:3`)
  }
  assert.equal(
    await refused(t, 'deploy.config.ts', `import { rials } from 'shipit-ts/recipes'\nexport default rials`),
    `'shipit-ts/recipes' has no export "rials" (did you mean "rails"?)\nat deploy.config.ts:1`,
  )
})

test('an import that cannot be found is an error at its line', async (t) => {
  assert.match(
    await refused(t, 'deploy.config.ts', `\nimport x from 'no-such-package'\nexport default x`),
    /^cannot find package 'no-such-package'\nat deploy\.config\.ts:2\nhint: .*npm install no-such-package/,
  )
  assert.match(
    await refused(t, 'deploy.config.ts', `\nimport x from './tasks'\nexport default x`),
    /^cannot find module .*\nat deploy\.config\.ts:2\nhint: imports of your own files need their extension/,
  )
})

test('a config without a default export is an error that says how to write one', async (t) => {
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

test('$import is an unknown key', async (t) => {
  assert.match(
    await refused(t, 'deploy.config.json', `{ "$import": "./other.json" }`, { 'other.json': '{"application":"x"}' }),
    /unknown setting \$import/,
  )
})

test('a project without "type": "module" loads without a warning, and other warnings are still printed', (t) => {
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

test('a JSON or YAML config uses recipes by name', async (t) => {
  const { sidekiq } = await import('../../recipes/index.ts')
  const text = `${yaml}use:\n  - sidekiq: { processes: 2 }\n`
  const cwd = folder(t, { 'deploy.config.yaml': text })
  const { config } = await loadConfig({ cwd, recipes: async () => ({ sidekiq }) })
  assert.deepEqual(
    present(config.use!).map(({ name, given }) => [name, given]),
    [['sidekiq', { processes: 2 }]],
  )
  const wrong = folder(t, { 'deploy.config.yaml': `${yaml}use: [sidekik]\n` })
  assert.equal(
    shown(await refusal(loadConfig({ cwd: wrong, recipes: async () => ({ sidekiq }) }))),
    'use[0]: there is no recipe "sidekik" (did you mean "sidekiq"?): use one of sidekiq\nat deploy.config.yaml:5',
  )
})
