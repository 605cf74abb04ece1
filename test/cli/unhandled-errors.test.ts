import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url))

test('a promise that a task drops does not end the run, and its error shows no secret and no stack', () => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-strays-'))
  try {
    writeFileSync(
      join(dir, 'deploy.config.ts'),
      `import { defineConfig, secret, sh } from 'shipit-ts'
secret('hunter2hunter2')
export default defineConfig({
  application: 'shop',
  tasks: {
    drop: { run: async () => {
      void Promise.reject(new Error('password hunter2hunter2'))
      setTimeout(() => { throw new Error('later') }, 1)
      await new Promise((resolve) => setTimeout(resolve, 100))
    } },
    next: { steps: () => [sh\`echo next\`] },
  },
  stages: { test: { servers: [{ host: 'one', ssh: { transport: 'local' } }] } },
})
`,
    )
    const ran = spawnSync(process.execPath, [bin, 'test', 'drop', 'next', '--no-log'], { cwd: dir, encoding: 'utf8', timeout: 60_000 })
    assert.equal(ran.status, 1, ran.stderr)
    assert.match(ran.stdout, /an unhandled error: password \[secret\]\n +at deploy\.config\.ts:7/)
    assert.match(ran.stdout, /an unhandled error: later\n +at deploy\.config\.ts:8/)
    assert.match(ran.stdout, /next/)
    assert.doesNotMatch(ran.stdout + ran.stderr, /hunter2|node:internal/)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
