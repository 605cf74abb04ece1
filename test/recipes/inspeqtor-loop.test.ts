import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspeqtor } from '../../recipes/index.ts'
import type { Command } from '../../src/shell/types.ts'
import { ends, run, tempDir, type Ran } from '../shell/shells.ts'
import { commandsOf, type Given } from '../support/context.ts'
import { needs } from '../support/needs.ts'
import { standIn, type StandIn } from './inspeqtor-standin.ts'

describe('a repeated silence', { skip: needs('ruby', 'setsid', 'flock'), concurrency: 1 }, () => {
  let s: StandIn
  before(async () => {
    s = await standIn()
  })
  after(() => s?.close())
  beforeEach(() => {
    s.requests.length = 0
    s.silenced = false
  })
  const go = (commands: readonly Command[], more: Record<string, string> = {}): Promise<Ran> =>
    run(['/bin/sh'], commands, { env: { PATH: s.path, ...more } })
  const steps = (task: string, given: Given) =>
    commandsOf(
      inspeqtor({ services: { sidekiq: { rules: ['memory:total_rss > 500m then restart'] } }, socket: s.socket, deployLength: 10 }),
      task,
      {
        facts: { program: '/usr/bin/inspeqtor', client: 'nc /usr/bin/nc' },
        ...given,
      },
    )

  /** a run that holds the lock of its place */
  const place = () => {
    const made = tempDir()
    const dir = join(made.dir, '.shipit')
    mkdirSync(dir)
    writeFileSync(join(dir, 'lock'), '')
    writeFileSync(join(dir, 'lock.run'), 'run1\n')
    return {
      deployTo: made.dir,
      dir,
      file: join(dir, 'silence.run1'),
      lock: (run: string) => writeFileSync(join(dir, 'lock.run'), run),
      [Symbol.dispose]: made[Symbol.dispose],
    }
  }
  const until = async (what: string, true_: () => boolean): Promise<void> => {
    for (let i = 0; i < 150; i++) {
      if (true_()) return
      await sleep(100)
    }
    assert.fail(`not within 15 s: ${what}`)
  }
  /** holds the lock as the keeper does */
  const holding = async <T>(dir: string, body: () => Promise<T>): Promise<T> => {
    const held = spawn('flock', [join(dir, 'lock'), 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] })
    try {
      await sleep(300)
      return await body()
    } finally {
      held.stdin.end()
      await new Promise((resolve) => held.once('close', resolve))
    }
  }
  const count = (request: string) => s.requests.filter((one) => one === request).length

  test('is repeated during a long deploy, and ends with it', async () => {
    using p = place()
    await holding(p.dir, async () => {
      const given = { release: '20261123100000', deployTo: p.deployTo }
      assert.deepEqual(ends(await go(steps('silence', given), { SHIPIT_RUN: 'run1' })), ['end 0', 'end 0'])
      assert.equal(count('start deploy'), 1)
      await until('it was renewed', () => count('start deploy') >= 2)
      assert.deepEqual(ends(await go(steps('unsilence', given), { SHIPIT_RUN: 'run1' })), ['end 0', 'end 0'])
      assert.equal(existsSync(p.file), false)
      const starts = count('start deploy')
      await sleep(7000)
      assert.deepEqual([count('start deploy'), s.silenced], [starts, false])
    })
  })

  test('ends with a run that died: the lock is free, and Inspeqtor alerts again', async () => {
    using p = place()
    const given = { release: '20261123100000', deployTo: p.deployTo }
    await holding(p.dir, async () => {
      await go(steps('silence', given), { SHIPIT_RUN: 'run1' })
      // as the keeper does when its client is gone
      p.lock('')
    })
    await until('the loop has ended', () => !existsSync(p.file))
    assert.deepEqual([count('start deploy'), count('finish deploy'), s.silenced], [1, 1, false])
  })

  test('leaves the silence of another run alone', async () => {
    using p = place()
    await holding(p.dir, async () => {
      await go(steps('silence', { release: '20261123100000', deployTo: p.deployTo }), { SHIPIT_RUN: 'run1' })
      p.lock('run2')
      await until('the loop has ended', () => !existsSync(p.file))
    })
    assert.deepEqual([count('finish deploy'), s.silenced], [0, true])
  })
})
