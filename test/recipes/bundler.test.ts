import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundler } from '../../recipes/index.ts'
import { golden } from '../golden/bundler.ts'
import { commandsOf, hintOf, hostOf, stepsOf } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

const release = '20261123100000'

for (const { title, settings = {}, given, task = 'install', steps } of golden) {
  test(`${title}: bundler:${task}`, () => assert.deepEqual(stepsOf(bundler(settings), task, { release, ...given }), steps))
}

for (const { name, argv } of shells) {
  const deploy = (bundle: string, before: (dir: string) => void = () => {}, settings = {}) => {
    const made = stubs({ bundle })
    const dir = join(made.dir, 'releases', release)
    mkdirSync(dir, { recursive: true })
    before(dir)
    const ran = runSteps(argv, commandsOf(bundler(settings), 'install', { release, deployTo: made.dir }), { PATH: made.path })
    const calls = made.calls()
    const read = () => readFileSync(join(dir, '.bundle', 'config'), 'utf8')
    return { ran, calls, read, dir, remove: made.remove, shared: join(made.dir, 'shared', 'bundle') }
  }

  test(`a release whose gems are there costs one process of bundler (${name})`, (t) => {
    const { ran, calls, read, remove, shared } = deploy('exit 0')
    t.after(remove)
    assert.deepEqual(calls, ['bundle check'])
    assert.deepEqual(
      ran.map(({ status }) => status),
      ['ok', 'skipped', 'skipped', 'skipped', 'skipped'],
    )
    assert.equal(read(), `---\nBUNDLE_DEPLOYMENT: "true"\nBUNDLE_PATH: "${shared}"\nBUNDLE_WITHOUT: "development:test"\n`)
  })

  test(`missing gems are installed, and a failure of that is the step's (${name})`, (t) => {
    const { ran, calls, remove } = deploy('case $1 in check) exit 1;; install) echo no such gem >&2; exit 7;; esac')
    t.after(remove)
    assert.deepEqual(calls, ['bundle check', 'bundle install --jobs 4 --quiet'])
    assert.equal(ran.at(-1)!.code, 7)
    assert.match(ran.at(-1)!.stderr, /no such gem/)
  })

  test(`a check that only says that the frozen lock does not fit does not count, and the install refuses (${name})`, (t) => {
    const { ran, calls, remove } = deploy(
      'case $1 in check) echo "Cannot write a changed lockfile while frozen." >&2;; install) exit 16;; esac',
    )
    t.after(remove)
    assert.deepEqual(calls, ['bundle check', 'bundle install --jobs 4 --quiet'])
    assert.equal(ran.at(-1)!.code, 16)
  })

  test(`settings that a release or a linked .bundle brings are kept, and only what differs is set (${name})`, (t) => {
    const theirs = '---\nBUNDLE_BUILD__PG: "--with-x"\nBUNDLE_WITHOUT: "development:test"\nBUNDLE_PATH: "vendor"\n'
    const { calls, read, remove, shared } = deploy('exit 0', (dir) => {
      mkdirSync(join(dir, '.bundle'))
      writeFileSync(join(dir, '.bundle', 'config'), theirs)
    })
    t.after(remove)
    assert.deepEqual(calls, ['bundle config --local deployment true', `bundle config --local path ${shared}`, 'bundle check'])
    assert.equal(read(), theirs)
  })

  test(`a host without bundle is told so (${name})`, (t) => {
    const { ran, remove } = deploy('exit 127')
    t.after(remove)
    assert.equal(ran.at(-1)!.code, 127)
  })
}

test('the codes of bundler become something to do', () => {
  const command = commandsOf(bundler(), 'install', { release }).at(-1)!
  assert.match(hintOf(command, { code: 127 })!, /PATH/)
  assert.match(hintOf(command, { code: 16 })!, /disagree/)
  const platform =
    'Your bundle only supports platforms [] but your local platform is x86_64-linux.\nAdd it with\n`bundle lock --add-platform x86_64-linux` and try again.'
  assert.match(hintOf(command, { code: 16, stderr: platform })!, /: bundle lock --add-platform x86_64-linux at/)
  assert.match(hintOf(command, { code: 5 })!, /-dev package/)
  assert.equal(hintOf(command, { code: 1 }), undefined)
})

test('it installs before deploy:updated and before deploy:reverted, on release hosts of its roles', () => {
  const { hooks, tasks } = bundler().definition
  assert.deepEqual(hooks, { before: { 'deploy:updated': 'bundler:install', 'deploy:reverted': 'bundler:install' } })
  const on = tasks!['install']!.on
  assert.ok(typeof on === 'function')
  assert.equal(on({ settings: { roles: 'all' }, stage: '' }), 'release')
  const some = on({ settings: { roles: ['app'] }, stage: '' }) as { roles: string[]; where: (host: object) => boolean }
  assert.deepEqual(some.roles, ['app'])
  assert.equal(some.where(hostOf({ release: false })), false)
})
