import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import type { ClientWork } from './contract-client.ts'
import type { Ground } from './contract.ts'
import { alive, hear, steps } from './contract-support.ts'

export const contractOfOutput = (ground: Ground): void => {
  test('bytes arrive unchanged, and a character in two pieces whole', async () => {
    await using session = await ground.login()
    const heard = hear()
    await session.run(steps(sh`printf '\303'; sleep 0.2; printf '\244'`, sh`printf '\377\376\000\001'`, sh`printf 'no newline'`), {
      sink: heard,
    })
    assert.equal(heard.text(1), 'ä')
    assert.deepEqual(heard.bytes(2), Buffer.from([255, 254, 0, 1]))
    assert.equal(heard.text(3), 'no newline')
  })

  test('20 MB of output arrive whole, on both streams', async () => {
    await using session = await ground.login()
    const hashes = { stdout: createHash('sha256'), stderr: createHash('sha256') }
    const seen = { stdout: 0, stderr: 0 }
    const output = (_id: unknown, stream: 'stdout' | 'stderr', chunk: Buffer): void => {
      hashes[stream].update(chunk)
      seen[stream] += chunk.length
    }
    // seq prints 10 MB here and there
    const outcome = await session.run(steps(sh`seq 1000000 2250000`, sh`seq 1000000 2250000 >&2`), { sink: { frame: () => {}, output } })
    assert.equal(outcome.failed, undefined)
    const expected = createHash('sha256')
    for (let i = 1_000_000; i <= 2_250_000; i++) expected.update(`${i}\n`)
    assert.deepEqual(seen, { stdout: 10_000_008, stderr: 10_000_008 })
    const digest = expected.digest('hex')
    assert.equal(hashes.stdout.digest('hex'), digest)
    assert.equal(hashes.stderr.digest('hex'), digest)
  })

  test('200 MB of output pass through without staying in memory', async () => {
    const work: ClientWork = { ssh: ground.ssh, megabytes: 200 }
    const client = spawn(process.execPath, [`${import.meta.dirname}/contract-client.ts`, JSON.stringify(work)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    client.stdout.on('data', (chunk) => (printed += chunk))
    const [code] = await once(client, 'close')
    assert.equal(code, 0)
    const grown = Number(/^grown (-?\d+)$/m.exec(printed)?.[1])
    assert.ok(grown < 30e6, `memory grew by ${Math.round(grown / 1e6)} MB`)
  })

  test('a background child with open output delays neither its script nor the next one, and lives on', async () => {
    await using session = await ground.login()
    const heard = hear()
    const outcome = await session.run(steps(sh`sleep 300 & echo $!`, sh`echo next`), { sink: heard })
    const pid = Number(heard.text(1))
    try {
      assert.deepEqual(
        outcome.steps.map(({ status }) => status),
        ['ok', 'ok'],
      )
      assert.equal(heard.text(2), 'next\n')
      assert.equal((await session.run(steps(sh`true`))).failed, undefined)
      await session.close()
      assert.ok(alive(pid))
    } finally {
      process.kill(pid)
    }
  })
}
