import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Findings } from '../../../src/cli/init/look.ts'
import { rubyParts } from '../../../src/cli/init/ruby-parts.ts'
import type { OnServer } from '../../../src/cli/init/server/on-server.ts'

const project = (version: string | undefined): Findings => ({
  application: 'shop',
  remote: { url: undefined, without: [], path: false },
  branch: 'main',
  folder: undefined,
  ruby: { from: 'Gemfile', gems: new Set(['puma', 'sidekiq']), version, storage: false },
  node: undefined,
  php: undefined,
  procfile: { entries: [], unread: [] },
  linkedFiles: [],
})
const server = (more: Partial<OnServer>): OnServer => ({
  name: 'a1',
  rbenv: undefined,
  withoutRbenv: [],
  other: undefined,
  ruby: undefined,
  services: { recipes: [] },
  ...more,
})
const lines = (version: string | undefined, on: OnServer | undefined): readonly string[] =>
  rubyParts(project(version), on).recipes.flatMap(({ code }) => code.filter((line) => !line.startsWith('//')))

test('without a server, the project alone decides about rbenv and its services', () => {
  assert.deepEqual(lines('3.4.1', undefined), [
    'rbenv({ ruby: null }),',
    'bundler(),',
    "puma({ serviceUnitUser: 'system' }),",
    "sidekiq({ serviceUnitUser: 'system' }),",
  ])
})

test('the rbenv of a server decides where it is, and the live release which Ruby, if the project names none', () => {
  assert.deepEqual(lines('3.4.1', server({ rbenv: '~/.rbenv', ruby: '3.3.0' })), ['rbenv({ ruby: null }),', 'bundler(),'])
  assert.deepEqual(lines(undefined, server({ rbenv: '/usr/lib/rbenv', ruby: '3.3.0' })), [
    "rbenv({ ruby: '3.3.0', path: '/usr/lib/rbenv' }),",
    'bundler(),',
  ])
  assert.deepEqual(lines(undefined, server({ rbenv: '~/.rbenv' })), ['rbenv({ ruby: null }),', 'bundler(),'])
})

test('on a server where the application is live without rbenv, there is no rbenv(), and init says why', () => {
  const { recipes, notes } = rubyParts(project('3.4.1'), server({}))
  assert.deepEqual(
    recipes.flatMap(({ code }) => code),
    ['bundler(),'],
  )
  assert.deepEqual(notes, ['.ruby-version names 3.4.1, and a1 has no rbenv in the usual places: rbenv() is not in the config'])
  assert.match(rubyParts(project(undefined), server({ other: { manager: 'rvm', root: '~/.rvm' } })).notes.join(), /a1 has rvm in ~\/\.rvm/)
})

test('servers without the rbenv that others have are mentioned', () => {
  const { notes } = rubyParts(project('3.4.1'), server({ rbenv: '~/.rbenv', withoutRbenv: ['a2'] }))
  assert.deepEqual(notes, ['no rbenv in the usual places on a2: rbenv() expects one on every server'])
})

test('a server where nothing is live yet leaves rbenv and the services to the project', () => {
  assert.equal(lines('3.4.1', server({ services: undefined })).length, 4)
})
