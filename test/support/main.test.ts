import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
/** Runs `npm test` as on a machine with no program but Node. */
const npmTest = (env: NodeJS.ProcessEnv, ...files: string[]) => {
  const { NODE_TEST_CONTEXT: _, CI: __, ...rest } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'test/support/main.ts'), ...files], {
    cwd: root,
    encoding: 'utf8',
    env: { ...rest, PATH: '/nonexistent', ...env },
  })
  return { status, text: stdout + stderr }
}
const hosts = 'test/hosts/lab.test.ts'

test('tests that cannot run on this machine are listed with a reason, and are not a failure', () => {
  const { status, text } = npmTest({}, 'test/shell/split-words.test.ts', hosts)
  assert.match(text, /\nSkipped:\n {2}real servers need .*\n {4}test\/hosts\/lab\.test\.ts\n/)
  assert.equal(status, 0, text)
})

test('skipped tests in CI are a failure', () => {
  const { status, text } = npmTest({ CI: 'true' }, 'test/shell/split-words.test.ts', hosts)
  assert.match(text, /A skipped test is a failure in CI/)
  assert.equal(status, 1)
})

test('a missing test file fails the run', () => {
  assert.notEqual(npmTest({}, 'test/nowhere').status, 0)
})

test('every test of a file is counted, even if the file ends quickly', () => {
  const file = 'test/inventory/host-string.test.ts'
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', file], { cwd: root, encoding: 'utf8', env })
  const count = /^ℹ tests (\d+)$/m.exec(stdout)![1]
  assert.ok(Number(count) > 20)
  for (let i = 0; i < 5; i++) assert.match(npmTest({}, file).text, new RegExp(`\n${count} passed, 0 failed, 0 skipped\n$`))
})

test('the line of a file counts its tests, imported ones included', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shipit-main-'))
  after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'shared.ts'), "import { test } from 'node:test'\ntest('one', () => {})\ntest('two', () => {})\n")
  writeFileSync(join(folder, 'some.test.ts'), "import './shared.ts'\n")
  assert.match(npmTest({}, join(folder, 'some.test.ts')).text, /^✔ .*some\.test\.ts: 2 passed \(/m)
})

describe('a run with failures', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shipit-main-'))
  after(() => rmSync(folder, { recursive: true }))
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const failing = file(
    'failing.test.ts',
    `import { describe, test } from 'node:test'
test('passes', () => {})
describe('outer', () => {
  test('throws', () => { throw new Error('the reason') })
  test('is left out', { skip: 'needs a program' }, () => {})
})
test('has parts', async (t) => { await t.test('inner', () => { throw new TypeError('within') }) })
`,
  )
  const broken = file('broken.test.ts', `console.log('said first'); process.exit(3)\n`)
  const { status, text } = npmTest({}, failing, broken, 'test/shell/split-words.test.ts')

  test('exits with 1 and ends with one line of counts', () => {
    assert.equal(status, 1)
    assert.match(text, /\n\d+ passed, 3 failed, 1 skipped\n$/)
    assert.equal(text.match(/ passed, \d+ failed, /g)?.length, 1)
  })
  test('lists each failure at the end by file, line, title and error, once', () => {
    const list = text.slice(text.indexOf('\nFailed:\n'))
    assert.match(list, /failing\.test\.ts:4: outer › throws\n {4}Error: the reason\n/)
    assert.match(list, /failing\.test\.ts:7: has parts › inner\n {4}TypeError: within\n/)
    assert.equal(text.match(/the reason/g)?.length, 1)
  })
  test('names a file that ends before its tests do, with its exit code and output', () => {
    assert.match(text, /broken\.test\.ts: the file as a whole\n {4}ended with exit code 3\n {4}printed:\n {4}said first\n/)
  })
  test('prints one line a file with its result', () => {
    assert.match(text, /\n✔ test\/shell\/split-words\.test\.ts: \d+ passed \(/)
    assert.match(text, /✖ .*failing\.test\.ts: 2 of 3 failed \(/)
  })
})
