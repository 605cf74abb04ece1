import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { needs } from '../../support/needs.ts'
import { place, type Place } from '../support/place.ts'
import { terminals } from '../support/terminal.ts'

const skip = needs('git')
const terminal = terminals()
const made: Place[] = []
afterEach(() => made.splice(0).forEach((one) => one.remove()))

const git = (dir: string, ...args: string[]) =>
  execFileSync('git', ['-C', dir, '-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.file.allow=always', ...args], {
    stdio: 'ignore',
  })

/** A repository with these files, and a remote. */
const repository = (files: Readonly<Record<string, string>>, remote = 'git@git.example.com:acme/shop.git'): Place => {
  const one = place(files)
  made.push(one)
  git(one.dir, 'init', '-q', '-b', 'main')
  git(one.dir, 'remote', 'add', 'origin', remote)
  git(one.dir, 'add', '.')
  git(one.dir, 'commit', '-qm', 'one', '--allow-empty')
  return one
}
/** What init writes, and what it prints. */
const init = async (one: Place, cwd = '.') => {
  const ran = await one.shipit(['init', '--yes'], { cwd })
  assert.equal(ran.code, 0, ran.stderr)
  return { text: one.read(join(cwd, 'deploy.config.ts')), out: ran.stdout.replace(/\n {2}(?=\S)/g, ' ') }
}

test('a detached HEAD proposes the branch that repositories deploy', { skip }, async () => {
  const one = repository({})
  git(one.dir, 'branch', 'feature')
  git(one.dir, 'checkout', '-q', '--detach')
  assert.match((await init(one)).text, /branch: 'main'/)
})

test('a worktree of a feature has the name and the main branch of its repository', { skip }, async () => {
  const one = repository({})
  git(one.dir, 'worktree', 'add', '-q', '-b', 'feature', join(one.dir, 'tree'))
  const { text } = await init(one, 'tree')
  assert.match(text, /application: 'shop'/)
  assert.match(text, /branch: 'main'/)
  assert.doesNotMatch(text, /repoTree/)
})

test('a submodule has a remote of its own', { skip }, async () => {
  const inner = repository({ 'gems.rb': "gem 'puma'\n" })
  const one = repository({})
  git(one.dir, 'submodule', 'add', '-q', inner.dir, 'sub')
  git(join(one.dir, 'sub'), 'remote', 'set-url', 'origin', 'git@git.example.com:acme/inner.git')
  const { text } = await init(one, 'sub')
  assert.match(text, /repoUrl: 'git@git\.example\.com:acme\/inner\.git'/)
  assert.match(text, /bundler\(\),\n {4}puma\(/)
})

test('an application in a folder of its repository is deployed from there, and init says so', { skip }, async () => {
  const one = repository({ 'apps/web/package.json': '{"name":"web"}', 'apps/api/Gemfile': '', 'deploy/x': '' })
  const web = await init(one, 'apps/web')
  assert.match(web.text, /application: 'web'/)
  assert.match(web.text, /repoTree: 'apps\/web'/)
  assert.match(web.out, /⚠ only apps\/web of the repository is deployed, because init ran there/)
  const api = await init(one, 'apps/api')
  assert.match(api.text, /application: 'api'/)
  assert.match(api.text, /repoTree: 'apps\/api'/)
  // a folder for the config alone
  assert.doesNotMatch((await init(one, 'deploy')).text, /repoTree/)
})

test('blanks, accents and other scripts in the name of a folder make a plain name', { skip }, async () => {
  const one = place({ "Zoë's café ☕ shop/x": '', '日本語/x': '' })
  made.push(one)
  assert.match((await init(one, "Zoë's café ☕ shop")).text, /application: 'Zoes-cafe-shop'/)
  assert.match((await init(one, '日本語')).text, /application: 'app'/)
})

test('odd lines of a Procfile make names for tasks, or are reported', { skip }, async () => {
  const one = repository({
    Procfile: "# comment\nweb: bin/web\n1st: ./run\n_x: ./x\nweb: bin/web -p $PORT\nbad name: x\nquote: echo 'it`s' ${X}\r\nempty:\n",
  })
  const { text, out } = await init(one)
  assert.match(text, /web: \{ exec: \['\/bin\/sh', '-c', 'exec bin\/web -p \$PORT'\]/)
  assert.match(text, /\bst: \{ exec: '\.\/run'/)
  assert.match(text, /\bx: \{ exec: '\.\/x'/)
  assert.match(out, /⚠ the Procfile has lines that are not NAME: COMMAND, left out: 6, 8/)
})

test('a token in the query of the remote is not in the config', { skip }, async () => {
  const one = repository({}, 'https://git.example.com/shop.git?private_token=abc-secret')
  const { text, out } = await init(one)
  assert.match(text, /repoUrl: 'https:\/\/git\.example\.com\/shop\.git'/)
  assert.doesNotMatch(text + out, /secret/)
  assert.match(out, /⚠ the address of the remote has something after "\?"/)
})

test('a remote that only this machine can read is not in the config, and a path is mentioned', { skip }, async () => {
  const relative = await init(repository({}, '../shop.git'))
  assert.match(relative.text, /repoUrl: 'git@github\.com:example\//)
  assert.match(relative.out, /⚠ the address of the remote is one that only this machine can read/)
  const path = await init(repository({}, '/srv/git/shop.git'))
  assert.match(path.text, /repoUrl: '\/srv\/git\/shop\.git'/)
  assert.match(path.out, /⚠ the address of the remote is a path: each server must have the repository there/)
})

test('a package.json that is not JSON is an error before anything is written', { skip }, async () => {
  const one = repository({ 'package.json': '{ "name": ' })
  const ran = await one.shipit(['init', '--yes'])
  assert.equal(ran.code, 2)
  assert.match(ran.stderr, /^shipit: .*package\.json cannot be read: .*\n {2}mend it first: Node reads it together with the config\n$/)
  assert.ok(!existsSync(join(one.dir, 'deploy.config.ts')))
})

test(
  'a folder that cannot be written to is an error before anything is asked',
  { skip: skip || needs('root', 'setpriv', 'tmux') },
  async () => {
    const one = repository({})
    for (const dir of [one.dir, one.home]) chmodSync(dir, 0o555)
    const words = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...one.words('init')]
    const screen = terminal('readonly', words, { cwd: one.dir, env: { HOME: one.home } })
    await screen.until(/^exit 2$/m)
    assert.match(screen.history(), /cannot be written to:\s+EACCES/)
    assert.doesNotMatch(screen.history(), /Servers of/)
    assert.deepEqual(readdirSync(one.dir).sort(), ['.git', 'home'])
  },
)
