import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLinkedPaths } from '../../src/config/linked-paths.ts'

const problems = (files: string[], dirs: string[], recipes: string[] = []) =>
  checkLinkedPaths(files, dirs, recipes).problems.map(({ key, message }) => `${key}: ${message}`)

test('linked paths lose duplicate and trailing slashes', () => {
  assert.deepEqual(checkLinkedPaths(['.env', 'config//master.key'], ['log', 'public/uploads/']), {
    files: ['.env', 'config/master.key'],
    dirs: ['log', 'public/uploads'],
    problems: [],
  })
})
test('paths with a common prefix in their names do not overlap', () => assert.deepEqual(problems(['log.txt'], ['log', 'logs']), []))
test('a path listed twice is refused', () => {
  assert.deepEqual(problems(['a', 'a'], []), ['linkedFiles[1]: "a" is listed twice (linkedFiles[0])'])
  assert.deepEqual(problems(['a'], ['a/']), ['linkedDirs[0]: "a" is listed twice (linkedFiles[0])'])
})
test('a path inside a linked path is refused', () => {
  assert.deepEqual(problems(['config/x.yml'], ['config']), [
    'linkedFiles[0]: "config/x.yml" lies in "config", which is linked as a whole (linkedDirs[0])',
  ])
  assert.deepEqual(problems([], ['tmp/pids', 'tmp']), [
    'linkedDirs[0]: "tmp/pids" lies in "tmp", which is linked as a whole (linkedDirs[1])',
  ])
  assert.deepEqual(problems(['a'], ['a/b']), ['linkedDirs[0]: "a/b" lies in "a", which is a linked file (linkedFiles[0])'])
})
test("a recipe's linked path is added unless the config links it or a directory around it", () => {
  assert.deepEqual(checkLinkedPaths([], ['tmp', 'log'], ['log', 'tmp/pids', 'public/assets', 'public/assets', 'public/assets/x']).dirs, [
    'tmp',
    'log',
    'public/assets',
  ])
  assert.match(
    problems(['public/assets/x'], [], ['public/assets']).join(),
    /"public\/assets\/x" lies in "public\/assets", which a recipe links/,
  )
})
test('a glob pattern is refused, because linked paths are literal names', () => {
  for (const path of ['public/*', 'config/*.yml', 'log/?', 'tmp/{pids,sockets}'])
    assert.deepEqual(problems([path], []), [
      `linkedFiles[0]: "${path}" is a pattern, but only names can be linked: list each name, or the directory that contains them`,
    ])
  assert.deepEqual(problems(['a[slug].json', '{{name}}/x', "it's $HOME"], ['[id]']), [])
})
test('files that shipit writes into a release cannot be linked', () => {
  assert.deepEqual(problems(['REVISION'], ['REVISION_TIME']), [
    'linkedFiles[0]: "REVISION": shipit itself writes REVISION into each release',
    'linkedDirs[0]: "REVISION_TIME": shipit itself writes REVISION_TIME into each release',
  ])
})
test("a recipe's linked path must lie inside the release", () => {
  for (const path of ['/etc', '../up', 'a/../..', '~/x', './a', 'a\nb', ''])
    assert.deepEqual(problems([], [], [path]), [`use: a recipe links ${JSON.stringify(path)}, which is not a path inside the release`])
})
