import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { startFleet, type Fleet, type RunOptions } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())
let n = 0
beforeEach(() => {
  rmSync(fleet.on('a', '.'), { recursive: true, force: true })
  mkdirSync(fleet.on('a', '.'), { recursive: true })
  n++
})

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.file.allow=always', ...args], {
    encoding: 'utf8',
    cwd,
  }).trim()
/** A repository next to the fleet's, with these files in one commit. */
const repository = (name: string, files: Readonly<Record<string, string>>) => {
  const dir = join(dirname(fleet.repo), `${name}-${n}`)
  git(dirname(dir), 'init', '-q', '-b', 'main', dir)
  write(dir, files)
  return { dir, commit: (more: Readonly<Record<string, string>>) => write(dir, more) }
}
const write = (dir: string, files: Readonly<Record<string, string>>) => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  git(dir, 'add', '-A')
  git(dir, 'commit', '-q', '--allow-empty', '-m', 'x')
  return git(dir, 'rev-parse', 'HEAD')
}
const add = (dir: string, url: string, path: string) => {
  git(dir, 'submodule', '--quiet', 'add', url, path)
  git(dir, 'commit', '-q', '-m', `add ${path}`)
}
const deploy = (repoUrl: string, config: RunOptions['config'] = {}) => fleet.run(['deploy'], { config: { repoUrl, ...config } })
const good = async (repoUrl: string, config: RunOptions['config'] = {}) => {
  const ran = await deploy(repoUrl, config)
  assert.deepEqual([ran.exit, ran.failures], [0, []])
  return ran
}
const refused = async (repoUrl: string, config: RunOptions['config'] = {}) => {
  const ran = await deploy(repoUrl, config)
  assert.equal(ran.exit, 1)
  assert.equal(fleet.live('a'), undefined, 'nothing is live')
  return `${ran.failures[0]!.output.join('\n')}\n${ran.failures[0]!.hint}`
}
const hint = async (repoUrl: string) => (await refused(repoUrl)).split('\n').at(-1)!
const live = (path: string) => readFileSync(fleet.on('a', `current/${path}`), 'utf8')
const hasGit = () => execFileSync('find', [`${fleet.on('a', 'current')}/`, '-name', '.git'], { encoding: 'utf8' })

test('submodules are deployed at the commits that the repository names: with relative URLs, nested, in odd folders', async () => {
  const leaf = repository('leaf', { leaf: 'leaf' })
  const lib = repository('lib', { lib: 'one' })
  add(lib.dir, leaf.dir, 'deep/leaf')
  const app = repository('app', { index: 'app' })
  add(app.dir, `../lib-${n}`, 'vendor/my lib')
  add(app.dir, leaf.dir, 'ü')
  git(join(app.dir, 'vendor/my lib'), 'rev-parse', 'HEAD')
  lib.commit({ lib: 'newer, and not pinned' })
  await good(app.dir)
  assert.deepEqual(['index', 'vendor/my lib/lib', 'vendor/my lib/deep/leaf/leaf', 'ü/leaf'].map(live), ['app', 'one', 'leaf', 'leaf'])
  assert.equal(hasGit(), '')
  assert.equal(live('REVISION').trim(), git(app.dir, 'rev-parse', 'HEAD'))
})

test('a second deploy fetches only new commits, and needs no server for an unchanged submodule', async () => {
  const lib = repository('lib', { lib: 'one' })
  const app = repository('app', { index: 'app' })
  add(app.dir, lib.dir, 'lib')
  await good(app.dir)
  const modules = fleet.on('a', 'repo/shipit-modules')
  const [store] = readdirSync(modules)
  const packs = () =>
    execFileSync('find', [join(modules, store!, 'objects'), '-type', 'f'], { encoding: 'utf8' })
      .split('\n')
      .sort()
  const before = packs()
  write(lib.dir, { lib: 'two' })
  git(join(app.dir, 'lib'), 'pull', '-q')
  write(app.dir, {})
  await good(app.dir)
  assert.equal(live('lib/lib'), 'two')
  assert.deepEqual(readdirSync(modules), [store])
  assert.ok(
    before.every((file) => packs().includes(file)),
    'what was there is still there: it was no clone',
  )
  rmSync(lib.dir, { recursive: true })
  write(app.dir, { index: 'later' })
  await good(app.dir)
  assert.equal(live('lib/lib'), 'two')
})

test("a submodule that cannot be fetched, or whose commit was not pushed, is refused with its path and git's error", async () => {
  const lib = repository('lib', { lib: 'one' })
  const app = repository('app', { index: 'app' })
  add(app.dir, lib.dir, 'lib')
  write(join(app.dir, 'lib'), { lib: 'at the desk alone' })
  const pinned = git(join(app.dir, 'lib'), 'rev-parse', 'HEAD')
  write(app.dir, {})
  assert.match(await refused(app.dir), new RegExp(`the submodule lib: .*lib-${n} has no commit ${pinned}: was it pushed\\?`))
  assert.equal(await hint(app.dir), 'push it where it was committed: git -C lib push')
  rmSync(fleet.on('a', 'repo/shipit-modules'), { recursive: true })
  rmSync(lib.dir, { recursive: true })
  const said = await refused(app.dir)
  assert.match(said, /the submodule lib cannot be fetched from .*lib-/)
  assert.match(said, /does not exist|does not appear to be a git repository/)
  assert.equal(
    await hint(app.dir),
    `there is no repository at ${lib.dir} on this host, or this account may not read it: an address without a server is a path on that host`,
  )
  git(app.dir, 'config', '-f', '.gitmodules', 'submodule.lib.url', 'http://127.0.0.1:1/lib.git')
  write(app.dir, {})
  assert.match(await hint(app.dir), /the host name and the port in \.gitmodules/)
  assert.deepEqual(existsSync(fleet.on('a', 'releases')) ? readdirSync(fleet.on('a', 'releases')) : [], [])
  await good(app.dir, { git: { submodules: false } })
  assert.deepEqual(readdirSync(fleet.on('a', 'current/lib')), [])
})

test('a submodule that .gitmodules does not name is refused, and the remedy works', async () => {
  const app = repository('app', { index: 'app' })
  git(app.dir, 'init', '-q', join(app.dir, 'stray'))
  write(join(app.dir, 'stray'), { x: 'x' })
  write(app.dir, {})
  const said = await refused(app.dir)
  assert.match(said, /stray is a submodule, and \.gitmodules does not name it/)
  git(app.dir, 'rm', '-q', '--cached', 'stray')
  git(app.dir, 'commit', '-q', '-m', 'x')
  await good(app.dir)
})

test('update = none and export-ignore skip a submodule, and repoTree skips those outside it', async () => {
  const lib = repository('lib', { lib: 'one', docs: 'docs' })
  const app = repository('app', { 'web/index': 'web', index: 'app' })
  add(app.dir, lib.dir, 'web/lib')
  add(app.dir, lib.dir, 'docs')
  add(app.dir, lib.dir, 'manual')
  git(app.dir, 'config', '-f', '.gitmodules', 'submodule.manual.update', 'none')
  git(app.dir, 'config', '-f', '.gitmodules', 'submodule.docs.url', '/nowhere')
  write(app.dir, { '.gitattributes': 'docs export-ignore\n' })
  await good(app.dir)
  assert.equal(live('web/lib/lib'), 'one')
  assert.ok(!existsSync(fleet.on('a', 'current/docs')))
  assert.deepEqual(readdirSync(fleet.on('a', 'current/manual')), [])
  await good(app.dir, { repoTree: 'web' })
  assert.equal(live('lib/lib'), 'one')
})

test('relative submodule addresses resolve as in git', async () => {
  const top = repository('top', { x: 'top' })
  const bare = join(dirname(fleet.repo), `group-${n}`)
  git(dirname(fleet.repo), 'clone', '-q', '--bare', top.dir, join(bare, 'libs/top.git'))
  const app = repository('app', { index: 'app' })
  git(dirname(fleet.repo), 'clone', '-q', '--bare', app.dir, join(bare, 'apps/web/app.git'))
  const work = join(bare, 'work')
  git(bare, 'clone', '-q', join(bare, 'apps/web/app.git'), work)
  for (const [path, url] of [
    ['one', '../../../libs/top.git'],
    ['two', '.././../../libs/top.git/'],
  ] as const) {
    git(work, 'submodule', '--quiet', 'add', url, path)
  }
  write(work, {})
  git(work, 'push', '-q')
  for (const repoUrl of [
    join(bare, 'apps/web/app.git'),
    `file://${join(bare, 'apps/web/app.git')}`,
    `${join(bare, 'apps/web/app.git')}/`,
  ]) {
    await good(repoUrl)
    assert.deepEqual(['one/x', 'two/x'].map(live), ['top', 'top'])
  }
})

test('export-ignore and export-subst apply, in a submodule too', async () => {
  const rules = {
    '.gitattributes': 'version export-subst\nsecret export-ignore\n.gitattributes export-ignore\n',
    version: '$Format:%H$',
    secret: 'x',
  }
  const lib = repository('lib', rules)
  const app = repository('app', rules)
  add(app.dir, lib.dir, 'lib')
  await good(app.dir)
  assert.deepEqual(['version', 'lib/version'].map(live), [git(app.dir, 'rev-parse', 'HEAD'), git(lib.dir, 'rev-parse', 'HEAD')])
  assert.ok(!existsSync(fleet.on('a', 'current/secret')) && !existsSync(fleet.on('a', 'current/lib/secret')))
})

test("submodules are fetched with Capistrano's mirror, whose branches stay", async () => {
  const lib = repository('lib', { lib: 'one' })
  const app = repository('app', { index: 'app' })
  add(app.dir, lib.dir, 'lib')
  git(dirname(fleet.repo), 'clone', '-q', '--mirror', app.dir, fleet.on('a', 'repo'))
  await good(app.dir)
  assert.equal(live('lib/lib'), 'one')
})
