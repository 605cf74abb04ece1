import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
/** `npm test` on a machine that has no program but Node. */
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

test('what cannot run on this machine is listed with its reason, and is no failure', () => {
  const { status, text } = npmTest({}, 'test/shell/words.test.ts', hosts)
  assert.match(text, /\nSkipped:\n {2}real servers need .*\n {4}test\/hosts\/lab\.test\.ts\n/)
  assert.equal(status, 0, text)
})

test('in CI it is one', () => {
  const { status, text } = npmTest({ CI: 'true' }, 'test/shell/words.test.ts', hosts)
  assert.match(text, /A skipped test is a failure in CI/)
  assert.equal(status, 1)
})

test('a file that is not there is no green run', () => {
  assert.notEqual(npmTest({}, 'test/nowhere').status, 0)
})

test('every test of a file is reported, also of one that is quickly done', () => {
  const file = 'test/inventory/hoststring.test.ts'
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', file], { cwd: root, encoding: 'utf8', env })
  const count = /^ℹ tests (\d+)$/m.exec(stdout)![1]
  assert.ok(Number(count) > 20)
  for (let i = 0; i < 5; i++) assert.equal(/^ℹ tests (\d+)$/m.exec(npmTest({}, file).text)?.[1], count)
})
