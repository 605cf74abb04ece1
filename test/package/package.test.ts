import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'acorn'
import { importsOf } from '../house/source.ts'
import { needs } from '../support/needs.ts'
import { COUNTING, filesIn, schemasIn } from '../support/schemas.ts'
import { install, pack, root, run, write } from './install.ts'

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'shipit-package-')))
const project = join(dir, 'project')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
let home: string
let tarball: string

before(() => {
  write(project, { 'package.json': '{"name":"shop","private":true}' })
  tarball = pack(dir)
  home = install(tarball, project)
})
after(() => rmSync(dir, { recursive: true, force: true }))

test('npx shipit --version answers from an empty project', () => {
  assert.deepEqual(run(project, 'npx', '--no-install', 'shipit', '--version'), { stdout: `${version}\n`, stderr: '', status: 0 })
})

test('an old Node can parse the entry, which imports no other file of shipit', () => {
  const text = readFileSync(join(home, 'dist/bin.js'), 'utf8')
  assert.match(text, /^#!\/usr\/bin\/env node\n/)
  // ES2020 knows import() and import.meta; what else it has is kept out below.
  parse(text, { ecmaVersion: 2020, sourceType: 'module', allowHashBang: true })
  assert.doesNotMatch(text, /\?\?|\?\.[a-z([]/)
  const imported = importsOf(text.replaceAll(/\bimport\(/g, ''))
  assert.deepEqual(
    imported.filter((name) => !name.startsWith('node:')),
    [],
  )
})

test('the tarball has only the files that are needed', () => {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
  const strange = files.filter(
    (file) =>
      !/^package\/(dist\/|docs\/|package\.json$|LICENSE$|(README|ARCHITECTURE|CHANGELOG|CONTRIBUTING)\.md$|deploy\.config\.example\.ts$)/.test(
        file,
      ),
  )
  assert.deepEqual(strange, [])
  const dist = readdirSync(join(home, 'dist'))
  for (const name of ['bin.js', 'index.js', 'kit.js', 'recipes.js', 'types']) assert.ok(dist.includes(name), name)
  assert.deepEqual(
    files.filter((file) => /\/(test|bench|sandbox)\//.test(file)),
    [],
  )
})

const config = `
import { defineConfig, secret, sh } from 'shipit-ts'
import { bundler, sidekiq } from 'shipit-ts/recipes'

export default defineConfig({
  application: 'shop',
  repoUrl: 'git@github.com:example/shop.git',
  deployTo: ({ application, stage }) => \`/srv/\${application}_\${stage}\`,
  use: [bundler(), sidekiq({ serviceUnitUser: 'system' })],
  tasks: {
    'app:restart': { description: 'Restart the web processes', on: 'app', steps: ({ host }) => [sh\`echo \${secret('x')} \${host.name}\`] },
  },
  stages: { production: { servers: ['deploy@www.example.com'] } },
})
`

test('a config compiles in the project, with every declaration file checked', () => {
  mkdirSync(join(project, 'node_modules/@types'))
  symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'))
  write(project, { 'deploy.config.ts': config, 'tsconfig.json': tsconfig({ skipLibCheck: false, types: ['node'] }) })
  assert.deepEqual(tsc(project), { stdout: '', stderr: '', status: 0 })
})

test("a config compiles without Node's types", () => {
  write(project, { 'deploy.config.ts': config, 'tsconfig.json': tsconfig({ skipLibCheck: true, types: [] }) })
  assert.deepEqual(tsc(project), { stdout: '', stderr: '', status: 0 })
})

test('npm link gives a project without package.json the types of the global install, and nothing else', () => {
  const prefix = join(dir, 'global')
  const app = join(dir, 'linked')
  const own = tsconfig({ skipLibCheck: true, types: [] })
  write(app, { 'deploy.config.ts': config, 'tsconfig.json': own })
  install(tarball, join(prefix, 'lib'))
  assert.notEqual(tsc(app).status, 0)
  const linked = run(app, 'env', `npm_config_prefix=${prefix}`, 'npm', 'link', 'shipit-ts', '--offline', '--no-audit', '--no-fund')
  assert.equal(linked.status, 0, linked.stderr)
  assert.deepEqual(readdirSync(app).sort(), ['deploy.config.ts', 'node_modules', 'tsconfig.json'])
  assert.deepEqual(tsc(app), { stdout: '', stderr: '', status: 0 })
  const { status, stderr } = run(app, join(prefix, 'lib/node_modules/.bin/shipit'), '--tasks', 'app:restart')
  assert.equal(status, 0, stderr)
})

test('a typo in the config is a compile error', () => {
  write(project, { 'deploy.config.ts': config.replace('serviceUnitUser', 'serviceUnitUsr').replace('repoUrl', 'repoUrll') })
  const { stdout, status } = tsc(project)
  assert.notEqual(status, 0)
  assert.match(stdout, /serviceUnitUsr/)
  assert.match(stdout, /repoUrll/)
})

test('a config builds the schemas of the recipes that it uses alone, as from source', () => {
  const two = `import { defineConfig } from 'shipit-ts'
    import * as recipes from 'shipit-ts/recipes'
    const use = [recipes.bundler(), recipes.rails()]
    export default defineConfig({ application: 'shop', use, stages: { production: { servers: ['a'] } } })`
  write(join(dir, 'two'), { 'deploy.config.ts': two })
  const built = (bin: string) => {
    const { stderr, status } = run(join(dir, 'two'), process.execPath, COUNTING, bin, '--tasks')
    assert.equal(status, 0, stderr)
    return Object.values(schemasIn(stderr)).reduce((sum, count) => sum + count, 0)
  }
  assert.equal(built(join(home, 'dist/bin.js')), built(join(root, 'src/cli/bin.ts')))
})

const loaded = (recipes: string): readonly string[] => {
  const text = `import { defineConfig } from 'shipit-ts'
    import { bundler, rails } from 'shipit-ts/recipes'
    ${recipes}
    export default defineConfig({ application: 'shop', use: [bundler(), rails()], stages: { production: { servers: ['a'] } } })`
  write(join(dir, 'files'), { 'deploy.config.ts': text })
  const { stderr, status } = run(
    join(dir, 'files'),
    process.execPath,
    COUNTING,
    join(home, 'dist/bin.js'),
    '--tasks',
    '--config',
    'deploy.config.ts',
  )
  assert.equal(status, 0, stderr)
  return filesIn(stderr)
}

test('--tasks loads few files, and none of a dependency', () => {
  const files = loaded('')
  // half a millisecond each
  assert.ok(files.length <= 38, JSON.stringify(files))
  assert.deepEqual(
    files.filter((file) => /\/node_modules\/(?!shipit-ts\/)/.test(file)),
    [],
  )
})

test('a config that imports zod gets the one file of the build, if that is its version', () => {
  const files = loaded("import { z } from 'zod'\nexport const schema = z.object({})")
  assert.deepEqual(
    files.filter((file) => file.includes('zod')).map((file) => file.replace(/\d+\.\d+\.\d+/, 'X')),
    ['dist/zod-X.js'],
  )
})

const tasks = ['app:restart', 'sidekiq:restart', 'deploy:rollback']

test('the installed binary loads the config of its project', () => {
  write(project, { 'deploy.config.ts': config })
  const { stdout, stderr, status } = run(project, 'npx', '--no-install', 'shipit', '--tasks')
  assert.deepEqual([stderr, status], ['', 0])
  for (const task of tasks) assert.ok(stdout.includes(task), `${task} in ${stdout}`)
})

test('the binary loads the config of a Ruby repository without node_modules', () => {
  const ruby = join(dir, 'ruby')
  write(ruby, { Gemfile: "source 'https://gems.example.com'\n", 'deploy.config.ts': config })
  const { stdout, stderr, status } = run(ruby, process.execPath, join(home, 'dist/bin.js'), '--tasks')
  assert.deepEqual([stderr, status], ['', 0])
  for (const task of tasks) assert.ok(stdout.includes(task), `${task} in ${stdout}`)
})

test('schemas of the kit and of the zod that a project without one gets make one recipe', () => {
  const ruby = join(dir, 'ruby')
  write(ruby, {
    'rotate.ts': `import { defineRecipe } from 'shipit-ts'
      import { count, share } from 'shipit-ts/kit'
      import { z } from 'zod'
      const settings = z.object({ days: count.default(14), size: share.optional(), name: z.string().default('app') })
      export const rotate = defineRecipe({ name: 'rotate', settings, tasks: { show: { description: 'Show it', steps: () => [] } } })`,
    'deploy.config.ts': `import { defineConfig } from 'shipit-ts'
      import { rotate } from './rotate.ts'
      const use = [rotate({ days: Number(process.env['DAYS']), size: '25%' })]
      export default defineConfig({ application: 'shop', use, stages: { production: { servers: ['a'] } } })`,
  })
  const shipit = (days: number) => run(ruby, 'env', `DAYS=${days}`, process.execPath, join(home, 'dist/bin.js'), '--tasks', 'rotate')
  assert.deepEqual(shipit(3), { stdout: 'rotate:show  Show it\n', stderr: '', status: 0 })
  const wrong = shipit(0)
  assert.equal(wrong.status, 2)
  assert.match(wrong.stderr, /use\[0\]: days: expected at least 1, found 0/)
})

test('the installed binary deploys and rolls back, in a Node project and in a Ruby repository', { skip: needs('git', 'flock') }, () => {
  const git = (...args: string[]) => run(dir, 'git', '-C', 'origin', '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args)
  write(dir, { 'origin/index': 'one\n' })
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    ['commit', '-qm', 'one'],
  ])
    assert.equal(git(...args).status, 0)
  const deploys = config
    .replace(/repoUrl: .*/, `repoUrl: '${dir}/origin',\n  ssh: { transport: 'local' },`)
    .replace(/deployTo: .*/, "deployTo: process.env['DEPLOY_TO'] ?? '',")
    .replace(/use: .*/, "hooks: { after: { 'deploy:published': 'app:restart' } },")
  const ruby = join(dir, 'ruby')
  for (const place of [project, ruby]) {
    write(place, { 'deploy.config.ts': deploys, Gemfile: '' })
    const to = join(place, 'srv')
    const shipit = (...args: string[]) =>
      run(place, 'env', `DEPLOY_TO=${to}`, process.execPath, join(home, 'dist/bin.js'), 'production', ...args)
    const live = (): string => readlinkSync(join(to, 'current'))
    for (const task of ['deploy', 'deploy']) {
      const { status, stdout, stderr } = shipit(task)
      assert.deepEqual([status, stderr], [0, ''], stdout)
      assert.match(stdout, /\[secret\] www\.example\.com/)
    }
    const second = live()
    assert.equal(readFileSync(join(to, 'current/index'), 'utf8'), 'one\n')
    assert.equal(shipit('deploy:rollback').status, 0)
    assert.ok(live() < second)
  }
})

test('the config and the binary share one copy of the library', () => {
  write(project, {
    'copy.mjs': `import { secret } from 'shipit-ts'
      import * as recipes from 'shipit-ts/recipes'
      import * as kit from 'shipit-ts/kit'
      const count = Object.keys({ ...recipes, ...kit }).length
      process.stdout.write(String(count > Object.keys(recipes).length && typeof secret))`,
  })
  assert.deepEqual(run(project, process.execPath, 'copy.mjs'), { stdout: 'function', stderr: '', status: 0 })
  const marked = readdirSync(join(home, 'dist')).filter(
    (file) => file.endsWith('.js') && /const secret = \(/.test(readFileSync(join(home, 'dist', file), 'utf8')),
  )
  assert.equal(marked.length, 1, `secret() is defined in ${marked.join(', ')}`)
})

function tsconfig(options: object): string {
  return JSON.stringify({
    compilerOptions: { target: 'es2023', module: 'nodenext', strict: true, noEmit: true, ...options },
    files: ['deploy.config.ts'],
  })
}

function tsc(cwd: string) {
  return run(cwd, process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.')
}
