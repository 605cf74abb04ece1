import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '../..')
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'shipit-library-')))
const config = `import { seen, defineConfig } from 'shipit-ts'
import { ruby } from 'shipit-ts/recipes'
import { z } from 'zod'
seen.add(ruby)
export default defineConfig({ schema: typeof z.object })
`
const typed = config.replace('export default', 'interface Unused { a: string }\nexport default')

// A copy of the hook beside a library that is a stand-in, and of a project without it.
before(() => {
  write('ours/package.json', '{"type":"module","name":"shipit-ts"}')
  write('ours/src/index.ts', 'export const seen = new Set<string>()\nexport const defineConfig = <T>(config: T): T => config')
  write('ours/recipes/on-demand.ts', "export const ruby: string = 'ours'")
  mkdirSync(join(dir, 'ours/src/cli'))
  cpSync(join(root, 'src/cli/module-hooks.ts'), join(dir, 'ours/src/cli/module-hooks.ts'))
  symlinkSync(join(root, 'node_modules'), join(dir, 'ours/node_modules'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

const projects: Readonly<Record<string, string | undefined>> = {
  'a Ruby repository without package.json': undefined,
  'a project without "type"': '{}',
  'a project of type commonjs': '{"type":"commonjs"}',
  'a project of type module': '{"type":"module"}',
}
for (const [name, manifest] of Object.entries(projects)) {
  for (const extension of ['ts', 'mts', 'js', 'mjs']) {
    test(`deploy.config.${extension} in ${name} shares the running copy, without a warning`, () => {
      const project = name.replaceAll(/\W+/g, '-')
      if (manifest !== undefined) write(`${project}/package.json`, manifest)
      const file = write(`${project}/deploy.config.${extension}`, extension.endsWith('ts') ? typed : config)
      assert.deepEqual(load(file), { stdout: '{"schema":"function"} ours\n', stderr: '', status: 0 })
    })
  }
}

test('a config may import ES modules and CommonJS, whatever its package.json says', () => {
  write('mixed/package.json', '{"type":"commonjs"}')
  write('mixed/recipes/own.ts', "import { ruby } from 'shipit-ts/recipes'\nexport const own: string = ruby")
  write('mixed/recipes/old.js', "// import nothing\nmodule.exports = { old: require('node:path').sep }")
  write('mixed/node_modules/left/index.js', "module.exports = 'left'")
  const file = write(
    'mixed/deploy.config.ts',
    "import { own } from './recipes/own.ts'\nimport old from './recipes/old.js'\nimport left from 'left'\nexport default [own, old, left]",
  )
  assert.deepEqual(load(file), { stdout: '["ours",{"old":"/"},"left"] \n', stderr: '', status: 0 })
})

test("another copy of shipit-ts in the project's node_modules is not loaded", () => {
  write('other/node_modules/shipit-ts/package.json', '{"name":"shipit-ts","type":"module","exports":"./index.js"}')
  write('other/node_modules/shipit-ts/index.js', 'throw new Error("the other copy")')
  const file = write('other/deploy.config.ts', typed)
  assert.deepEqual(load(file), { stdout: '{"schema":"function"} ours\n', stderr: '', status: 0 })
})

test("the project's own zod takes precedence over the one of shipit", () => {
  write('zod/node_modules/zod/package.json', '{"name":"zod","type":"module","exports":"./index.js"}')
  write('zod/node_modules/zod/index.js', "export const z = { object: 'theirs' }")
  const file = write('zod/deploy.config.ts', typed)
  assert.deepEqual(load(file), { stdout: '{"schema":"string"} ours\n', stderr: '', status: 0 })
})

test('a package that is not installed fails to import as usual', () => {
  const file = write('missing/deploy.config.ts', "import 'no-such-package'")
  const { stderr, status } = load(file)
  assert.match(stderr, /Cannot find package 'no-such-package' imported from .*deploy\.config\.ts/)
  assert.equal(status, 1)
})

function write(path: string, text: string): string {
  const file = join(dir, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** Imports the config like the CLI; prints it and what it added to the library. */
function load(file: string) {
  const url = (path: string) => JSON.stringify(pathToFileURL(path).href)
  const script = `
    const { registerModuleHooks } = await import(${url(join(dir, 'ours/src/cli/module-hooks.ts'))})
    registerModuleHooks()
    registerModuleHooks()
    const { seen } = await import(${url(join(dir, 'ours/src/index.ts'))})
    const loaded = await import(${url(file)})
    console.log(JSON.stringify(loaded.default), [...seen].join())`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8', cwd: dir })
  return { stdout, stderr, status }
}
