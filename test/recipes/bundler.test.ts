import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

  test(`installed gems cost one run of bundler (${name})`, (t) => {
    const { ran, calls, read, remove, shared } = deploy('exit 0')
    t.after(remove)
    assert.deepEqual(calls, ['bundle check'])
    assert.deepEqual(
      ran.map(({ status }) => status),
      ['ok', 'skipped', 'skipped', 'skipped', 'skipped'],
    )
    assert.equal(read(), `---\nBUNDLE_DEPLOYMENT: "true"\nBUNDLE_PATH: "${shared}"\nBUNDLE_WITHOUT: "development:test"\n`)
  })

  test(`missing gems are installed, and a failure of bundle install fails the step (${name})`, (t) => {
    const { ran, calls, remove } = deploy('case $1 in check) exit 1;; install) echo no such gem >&2; exit 7;; esac')
    t.after(remove)
    assert.deepEqual(calls, ['bundle check', 'bundle install --jobs 4 --quiet'])
    assert.equal(ran.at(-1)!.code, 7)
    assert.match(ran.at(-1)!.stderr, /no such gem/)
  })

  test(`a bundle check that only complains about the frozen lockfile does not count, and bundle install decides (${name})`, (t) => {
    const { ran, calls, remove } = deploy(
      'case $1 in check) echo "Cannot write a changed lockfile while frozen." >&2;; install) exit 16;; esac',
    )
    t.after(remove)
    assert.deepEqual(calls, ['bundle check', 'bundle install --jobs 4 --quiet'])
    assert.equal(ran.at(-1)!.code, 16)
  })

  test(`settings of a release or of a linked .bundle are kept, and only different ones are set (${name})`, (t) => {
    const theirs = '---\nBUNDLE_BUILD__PG: "--with-x"\nBUNDLE_WITHOUT: "development:test"\nBUNDLE_PATH: "vendor"\n'
    const { calls, read, remove, shared } = deploy('exit 0', (dir) => {
      mkdirSync(join(dir, '.bundle'))
      writeFileSync(join(dir, '.bundle', 'config'), theirs)
    })
    t.after(remove)
    assert.deepEqual(calls, ['bundle config --local deployment true', `bundle config --local path ${shared}`, 'bundle check'])
    assert.equal(read(), theirs)
  })

  test(`a host without bundle fails with a hint (${name})`, (t) => {
    const { ran, remove } = deploy('exit 127')
    t.after(remove)
    assert.equal(ran.at(-1)!.code, 127)
  })

  test(`settings, gems and binstubs are not written through a link of the repository (${name})`, () => {
    const cases: readonly (readonly [place: string, settings: object])[] = [
      ['.bundle', {}],
      ['vendor', { path: 'vendor/bundle' }],
      ['vendor/bundle', { path: 'vendor/bundle' }],
      ['bin', { binstubs: 'bin' }],
      ['bin', { binstubs: 'bin/stubs', config: {}, path: null, without: [] }],
      ['settings', { env: { BUNDLE_APP_CONFIG: 'settings' } }],
    ]
    for (const [place, settings] of cases) {
      const { ran, calls, remove } = deploy(
        'exit 0',
        (dir) => {
          mkdirSync(dirname(join(dir, place)), { recursive: true })
          mkdirSync(join(dir, '../../shared'), { recursive: true })
          symlinkSync(join(dir, '../../shared'), join(dir, place))
        },
        settings,
      )
      assert.equal(ran.length, 1)
      assert.match(ran[0]!.stderr, new RegExp(`^${place} is a link to .*/shared, and bundler writes `))
      assert.deepEqual(calls, [])
      remove()
    }
  })
}

test('exit codes of bundler have hints', () => {
  const command = commandsOf(bundler(), 'install', { release }).at(-1)!
  assert.match(hintOf(command, { code: 127 })!, /PATH/)
  assert.match(hintOf(command, { code: 16 })!, /disagree/)
  assert.match(hintOf(command, { code: 5 })!, /-dev package/)
  assert.equal(hintOf(command, { code: 1 }), undefined)
})

/** Messages of Bundler 2.3 (Debian 12), 2.5 and 4.0; `check` is the output of the guard before the install. */
const FAILURES: readonly {
  readonly title: string
  readonly code: number
  readonly check?: string
  readonly output: string
  readonly hint: RegExp
}[] = [
  {
    title: 'no Gemfile.lock, although the check mentions platforms',
    code: 16,
    check:
      'Your bundle only supports platforms [] but your local platform is x86_64-linux.\nAdd the current platform to the lockfile with\n`bundle lock --add-platform x86_64-linux` and try again.\n',
    output:
      'The deployment setting requires a Gemfile.lock. Please make sure you have\nchecked your Gemfile.lock into version control before deploying.',
    hint: /no Gemfile\.lock: run bundle install on your machine, then git add --force Gemfile\.lock/,
  },
  {
    title: 'no Gemfile.lock, in a newer version',
    code: 16,
    output:
      'The deployment setting requires a lockfile. Please make sure you have checked your Gemfile.lock into version control before deploying.',
    hint: /no Gemfile\.lock/,
  },
  {
    title: 'a lock for other machines',
    code: 16,
    output:
      'Your bundle only supports platforms ["arm64-darwin-22"] but your local platform\nis x86_64-linux. Add the current platform to the lockfile with\n`bundle lock --add-platform x86_64-linux` and try again.',
    hint: /made for other platforms: run bundle lock --add-platform x86_64-linux on your machine/,
  },
  {
    title: 'a mistake in the Gemfile, although the install mentions the lock',
    code: 16,
    check: '[!] There was an error parsing `Gemfile`: unterminated string meets end of file - gem "rake\n. Bundler cannot continue.\n',
    output: 'The deployment setting requires a Gemfile.lock.',
    hint: /^Gemfile cannot be read: unterminated string meets end of file/,
  },
  {
    title: 'a merge conflict',
    code: 20,
    output: 'Your Gemfile.lock contains merge conflicts.\nRun `git checkout HEAD -- Gemfile.lock` first',
    hint: /merge conflict/,
  },
  {
    title: 'another Ruby',
    code: 18,
    output: 'Your Ruby version is 3.1.2, but your Gemfile specified 3.9.9',
    hint: /needs Ruby 3\.9\.9, and this host runs 3\.1\.2/,
  },
  {
    title: 'a Gemfile that was changed without its lock',
    code: 16,
    output:
      'You are trying to install in deployment mode after changing\nyour Gemfile. Run `bundle install` elsewhere and add the\nupdated Gemfile.lock to version control.',
    hint: /disagree/,
  },
  {
    title: 'a gem that was withdrawn',
    code: 7,
    output:
      'Your bundle is locked to nosuch (1.0) from rubygems repository file:///srv/gems/\nor installed locally, but that version can no longer be found in that source.',
    hint: /no longer at its source/,
  },
  {
    title: 'a gem that no source has',
    code: 7,
    output: "Could not find gem 'nosuch' in rubygems repository file:///srv/gems/ or installed locally.",
    hint: /^nosuch is no longer at its source/,
  },
  {
    title: 'a source that cannot be reached',
    code: 17,
    output: 'Could not fetch specs from http://127.0.0.1:9/ due to underlying error <Errno::ENETUNREACH>',
    hint: /curl -I http:\/\/127\.0\.0\.1:9\/$/,
  },
  {
    title: 'a source that wants a password',
    code: 17,
    output: 'Authentication is required for gems.example.com.\nPlease supply credentials for this source.',
    hint: /bundle config set --global gems\.example\.com USER:PASSWORD/,
  },
  {
    title: 'a gem that does not compile',
    code: 5,
    output: 'An error occurred while installing pg (1.5.4), and Bundler cannot continue.',
    hint: /^pg could not be built/,
  },
]
for (const { title, code, check = '', output, hint } of FAILURES) {
  test(`a failure of bundler has its hint: ${title}`, () => {
    const command = commandsOf(bundler(), 'install', { release }).at(-1)!
    assert.match(hintOf(command, { code, stdout: check, stderr: output }) ?? 'none', hint)
    assert.match(hintOf(command, { code, stdout: `${check}${output}`, stderr: '' }) ?? 'none', hint)
  })
}

test('bundler:install runs before deploy:updated and deploy:reverted, on release hosts of its roles', () => {
  const { hooks, tasks } = bundler().definition
  assert.deepEqual(hooks, { before: { 'deploy:updated': 'bundler:install', 'deploy:reverted': 'bundler:install' } })
  const on = tasks!['install']!.on
  assert.ok(typeof on === 'function')
  assert.equal(on({ settings: { roles: 'all' }, stage: '' }), 'release')
  const some = on({ settings: { roles: ['app'] }, stage: '' }) as { roles: string[]; where: (host: object) => boolean }
  assert.deepEqual(some.roles, ['app'])
  assert.equal(some.where(hostOf({ release: false })), false)
})
