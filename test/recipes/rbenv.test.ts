import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { rbenv } from '../../recipes/index.ts'
import { sh } from '../../src/index.ts'
import { golden } from '../golden/rbenv.ts'
import { commandsOf, contextOf, factsOf, hintOf, hostOf, layoutOf, stepsOf, textOf } from '../support/context.ts'
import { runSteps, shells } from '../support/script.ts'

const release = '20261123100000'

for (const { title, settings = {}, given, task = 'validate', steps } of golden) {
  test(`${title}: rbenv:${task}`, () => assert.deepEqual(stepsOf(rbenv(settings), task, { release, ...given }), steps))
}

const envOf = (settings: Parameters<typeof rbenv>[0]): string[] => {
  const { definition, given } = rbenv(settings)
  return textOf(sh.env(definition.env!({ settings: definition.settings!.parse(given), stage: 'production' }))`true`)
    .split('\n')
    .slice(0, -1)
}

test('rbenv() sets the environment of every command instead of a prefix', () => {
  const path = (root: string) => `export PATH=${root}/shims:${root}/bin"\${PATH:+:$PATH}"`
  assert.deepEqual(envOf({}), [path('"$HOME"/.rbenv')])
  assert.deepEqual(envOf({ ruby: '3.4.1\n' }), [path('"$HOME"/.rbenv'), 'export RBENV_VERSION=3.4.1'])
  assert.deepEqual(envOf({ path: '/usr/local/rbenv/' }), [path('/usr/local/rbenv'), 'export RBENV_ROOT=/usr/local/rbenv'])
})

test('an invalid version or path is refused', () => {
  const refuses = (settings: object) => assert.throws(() => contextOf(rbenv(), { settings: settings as Record<string, unknown> }))
  for (const settings of [{ ruby: '3.4.1 3.3.0' }, { ruby: '../x' }, { ruby: '' }, { path: 'rbenv' }, { path: '~deploy/.rbenv' }])
    refuses(settings)
})

test('rbenv() checks Ruby before deploy:check, and in the release before it is used', () => {
  assert.deepEqual(rbenv().definition.hooks, {
    before: { 'deploy:check': 'rbenv:validate', 'deploy:updated': 'rbenv:check_release', 'deploy:reverted': 'rbenv:check_release' },
  })
  const on = rbenv().definition.tasks!['validate']!.on as (c: object) => unknown
  assert.equal(on({ settings: { roles: 'all' } }), 'release')
  const some = on({ settings: { roles: ['web'] } }) as { roles: string[]; where: (host: object) => boolean }
  assert.deepEqual([some.roles, some.where(hostOf({ release: false }))], [['web'], false])
})

for (const { name, argv } of shells) {
  /** A home with an rbenv that has these versions, and a shim that runs `says`. */
  const home = (t: { after(fn: () => void): void }, versions: readonly string[] | undefined, says = 'echo ruby 3.4.1') => {
    const dir = mkdtempSync(join(tmpdir(), 'shipit-rbenv-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const program = (path: string, text: string) => {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), `#!/bin/sh\n${text}\n`)
      chmodSync(join(dir, path), 0o755)
    }
    for (const version of versions ?? []) program(`.rbenv/versions/${version}/bin/ruby`, ':')
    if (versions !== undefined && says !== '') program('.rbenv/shims/ruby', says)
    return dir
  }
  const validate = (dir: string, settings: Parameters<typeof rbenv>[0] = {}, path = `${dir}/.rbenv/shims:/usr/bin:/bin`) => {
    const given = { deployTo: join(dir, 'app'), release, layout: layoutOf() }
    const [command] = commandsOf(rbenv(settings), 'validate', given)
    const [ran] = runSteps(argv, [command!], { HOME: dir, PATH: path })
    return { ...ran!, hint: hintOf(command!, ran!) }
  }

  test(`an installed Ruby is printed (${name})`, (t) => {
    const dir = home(t, ['3.4.1'], 'echo "ruby ${RBENV_VERSION:-by itself}"')
    assert.equal(validate(dir, { ruby: '3.4.1' }).stdout, 'ruby 3.4.1\n')
    assert.equal(validate(dir, { ruby: 'ruby-3.4.1' }).stdout, 'ruby ruby-3.4.1\n')
    assert.equal(validate(dir).stdout, 'ruby by itself\n')
    assert.equal(validate(dir, { ruby: 'system' }).stdout, 'ruby system\n')
  })

  test(`a missing version is reported with the installed ones and how to install it (${name})`, (t) => {
    const { code, stderr, hint } = validate(home(t, ['3.3.0', '3.1.2']), { ruby: '3.4.1' })
    assert.equal(code, 4)
    assert.equal(stderr, 'rbenv: Ruby 3.4.1 is not installed\ninstalled: 3.1.2\ninstalled: 3.3.0\n')
    assert.equal(hint, "as deploy: rbenv install 3.4.1 (it needs ruby-build). Or choose another version: rbenv({ ruby: '3.3.0' })")
  })

  test(`a missing version from .ruby-version is reported with rbenv's own error (${name})`, (t) => {
    const dir = home(t, ['3.1.2'], 'echo "rbenv: version \\`3.4.1\' is not installed (set by $PWD/.ruby-version)" >&2; exit 1')
    const { code, hint } = validate(dir)
    assert.equal(code, 6)
    assert.match(hint!, /rbenv install 3\.4\.1 .*ruby: '3\.1\.2'/)
  })

  test(`a missing rbenv, missing shims, a broken Ruby and a foreign PATH each have their own error (${name})`, (t) => {
    const none = validate(home(t, undefined), { ruby: '3.4.1' })
    assert.equal(none.code, 3)
    assert.match(none.stderr, /there is no rbenv in .*\/\.rbenv/)
    const other = validate(home(t, ['3.4.1']), { path: '/nowhere/rbenv' })
    assert.equal(other.code, 3)
    assert.match(other.hint!, /^rbenv\(\{ path: '.*\/\.rbenv' \}\)$/)
    const bare = validate(home(t, ['3.4.1'], ''), { ruby: '3.4.1' })
    assert.equal(bare.code, 5)
    assert.equal(bare.hint, 'as deploy: rbenv rehash')
    const broken = validate(home(t, ['3.4.1'], 'echo "libssl.so.1.1: cannot open shared object file" >&2; exit 127'), { ruby: '3.4.1' })
    assert.equal(broken.code, 6)
    assert.match(broken.stderr, /libssl/)
    assert.match(broken.hint!, /rbenv install --force/)
    const shadowed = validate(home(t, ['3.4.1']), {}, '/usr/bin:/bin')
    assert.equal(shadowed.code, 7)
    assert.match(shadowed.hint!, /prepend/)
  })
}

test('doctor checks and reports the same', () => {
  const { doctor } = rbenv().definition
  const found = (facts: Parameters<typeof contextOf>[1]) => doctor!.findings(contextOf(rbenv({ ruby: '3.4.1' }), facts))
  assert.deepEqual(found({ facts: { ruby: 'ruby 3.4.1' } }), [])
  assert.deepEqual(found({}), [])
  assert.deepEqual(found({ facts: { ruby: { code: 4, stderr: 'rbenv: Ruby 3.4.1 is not installed\n' } } }), [
    {
      level: 'error',
      message: 'rbenv: Ruby 3.4.1 is not installed; no Ruby is installed there yet',
      remedy: "as deploy: rbenv install 3.4.1 (it needs ruby-build). Or choose another version: rbenv({ ruby: '3.4.1' })",
    },
  ])
  assert.deepEqual(factsOf(rbenv()), {}, 'a deploy asks nothing more')
})
