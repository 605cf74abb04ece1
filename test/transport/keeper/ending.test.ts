import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ENDING } from '../../../src/transport/keeper/script/ending.ts'
import { FENCE } from '../../../src/transport/keeper/script/fence.ts'
import { shells } from '../../support/script.ts'

for (const { name, argv } of shells) {
  const run = (script: string): string => {
    const { stdout } = spawnSync(argv[0], argv.slice(1), {
      input: `exec 2>/dev/null\n${script}`,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    })
    return stdout
  }

  test(`${name}: a process's command is cut between words, so that no part of a secret is left unrecognizable`, async (t) => {
    const address = 'postgres://app:longpassword@db/shop'
    for (const limit of [200, 1000]) {
      for (const room of [-1, 3, 16, 27, 30]) {
        // the limit falls into the address, after `room` of its bytes
        const words = 'w'.repeat(limit - 'sh -c read x '.length - room - 1)
        const child = spawn('sh', ['-c', 'read x', words, address], { stdio: ['pipe', 'ignore', 'ignore'] })
        t.after(() => child.kill())
        await new Promise((done) => child.once('spawn', done))
        const printed = run(`${ENDING}\ndescribe ${child.pid} ${limit}`)
        assert.match(printed, /^\d+ \S+ sh -c read x/, printed)
        assert.ok(!printed.includes('postgres') || printed.includes(address), printed)
        child.stdin.end()
      }
    }
  })

  test(`${name}: a process whose command is one long word is named by its program`, async (t) => {
    const child = spawn('sleep', ['60'], { argv0: 'x'.repeat(1200), stdio: 'ignore' })
    t.after(() => child.kill())
    await new Promise((done) => child.once('spawn', done))
    assert.match(run(`${ENDING}\ndescribe ${child.pid}`), /^\d+ \S+ (?:sleep|coreutils)$/)
  })

  test(`${name}: text of an older run after the end of a newer one in the lock is not read`, (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'shipit-left-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const text = (...left: string[]) =>
      ['run', 'owner', 'what', 'since', 'keeper 1 2 3', ...left, 'end', '', 'left 7 root gone', ''].join('\n')
    const waits = (content: string) => {
      writeFileSync(join(dir, 'lock'), content)
      return run(
        `dir=${dir} k=1 since_k=2 kg=3\nsay() { printf '%s\\n' "$*"; }\n${FENCE}\nplace_lock() { f=$dir/lock; }\nif waits; then echo waits; else echo no; fi`,
      )
    }
    assert.equal(waits(text()), 'no\n')
    assert.equal(waits(text('left 8 root sleep 300')), 'still 0 8 root sleep 300\nwaits\n')
  })
}
