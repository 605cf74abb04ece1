import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, run, test } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { Results } from './results.ts'

describe('a file that runs again', () => {
  // with it, node:test runs nothing: it takes the run for one of the test file that it is called in
  delete process.env['NODE_TEST_CONTEXT']
  const folder = mkdtempSync(join(tmpdir(), 'shipit-results-'))
  after(() => rmSync(folder, { recursive: true }))
  /** Runs files, each again if it failed, and returns the report with the counts. */
  const report = async (files: Readonly<Record<string, string>>) => {
    let text = ''
    const results = new Results(folder, (part) => (text += part))
    const runFile = async (file: string): Promise<void> => {
      for await (const event of run({ files: [join(folder, file)], cwd: folder })) results.event(event as TestEvent, file)
    }
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), content)
      await runFile(name)
    }
    for (const file of results.failedFiles) {
      results.runsAgain(file)
      await runFile(file)
    }
    results.report(61)
    return { text, passed: results.passed, failed: results.failed }
  }
  const passing = "import { test } from 'node:test'\ntest('passes', () => {})\n"
  const failingOnce = `import { test } from 'node:test'
import { existsSync, writeFileSync } from 'node:fs'
test('passes', () => {})
test('fails once', () => {
  const tried = existsSync('tried')
  writeFileSync('tried', '')
  if (!tried) throw new Error('the first reason')
})
`
  const failing = "import { test } from 'node:test'\ntest('fails', () => { throw new Error('the reason') })\n"

  test('counts as it ended the second time, and shows its first failure', async () => {
    const { text, passed, failed } = await report({ 'a.test.ts': passing, 'b.test.ts': failingOnce })
    assert.deepEqual([passed, failed], [3, 0], text)
    assert.match(text, /\n↻ b\.test\.ts: runs again, alone\n✔ b\.test\.ts: 2 passed /)
    assert.match(text, /\nFailed beside other tests\..*:\n\nb\.test\.ts:4: fails once\n {4}Error: the first reason\n/)
    assert.match(text, /\nRan 2 files in 1 min 1 s\.\n3 passed, 0 failed, 0 skipped\n$/)
    assert.doesNotMatch(text, /\nFailed:/)
  })

  test('is a failure if it fails the second time', async () => {
    const { text, passed, failed } = await report({ 'c.test.ts': passing, 'd.test.ts': failing })
    assert.deepEqual([passed, failed], [1, 1], text)
    assert.match(text, /\nFailed beside other tests\..*\n\nd\.test\.ts:2: fails\n/)
    assert.match(text, /\nFailed:\n\nd\.test\.ts:2: fails\n/)
  })
})
