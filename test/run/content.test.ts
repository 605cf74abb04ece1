import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, beforeEach, describe, test } from 'node:test'
import { planAsJson } from '../../src/plan/print-json.ts'
import { shortPlan } from '../../src/plan/print-short.ts'
import { sh } from '../../src/shell/sh.ts'
import { upload } from '../../src/shell/upload.ts'
import type { RunContext, StepList, StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())
const site = (host: string, file = ''): string => join(dirname(fleet.on(host, '')), 'site', file)
const emptySites = (): void => {
  for (const host of ['a', 'b']) {
    rmSync(site(host), { recursive: true, force: true })
    mkdirSync(site(host))
  }
}
beforeEach(emptySites)

const bytes = Buffer.concat([Buffer.from([0, 255, 254, 10, 0x1b]), randomBytes(200_000)])
const run = (steps: (c: StepsContext) => StepList, more: RunOptions = {}) =>
  fleet.run(['send'], { ...more, config: { tasks: { send: { steps } }, ...more.config } })
const code = (work: (c: RunContext) => Promise<unknown>) => fleet.run(['send'], { config: { tasks: { send: { run: work } } } })
const ok = (ran: Ran) => assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
const said = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'step:output' ? [`${event.host}: ${event.line}`] : []))
const same = (text: string) => text

describe('upload() of content, as a step', () => {
  test('sends bytes and streams to each host, and a stream is opened for each', async () => {
    let opened = 0
    const dump = () => {
      opened += 1
      return Readable.from([bytes])
    }
    const steps = () => [
      upload(bytes, '~/site/bytes', { mode: '0600' }),
      upload(dump, '~/site/stream'),
      sh`cat ~/site/stream > ~/site/copy`,
    ]
    ok(await run(steps))
    for (const host of ['a', 'b']) {
      for (const file of ['bytes', 'stream', 'copy']) assert.ok(readFileSync(site(host, file)).equals(bytes), `${host} ${file}`)
      assert.deepEqual([statSync(site(host, 'bytes')).mode & 0o777, statSync(site(host, 'stream')).mode & 0o777], [0o600, 0o644])
    }
    assert.equal(opened, 2)
    const again = await run(steps)
    ok(again)
    assert.ok(said(again).includes('a: nothing to send: the file is there'))
    assert.ok(said(again).includes('b: 200 kB sent, the same as there'))
  })

  test('gives a file without a mode what the umask of the stage leaves', async () => {
    ok(await run(() => [upload(bytes, '~/site/bytes'), upload(() => Readable.from(['x']), '~/site/stream')], { config: { umask: '0027' } }))
    for (const file of ['bytes', 'stream']) assert.equal(statSync(site('a', file)).mode & 0o777, 0o640)
  })

  test('says which host, which place and why if a stream fails, and leaves the old file', async () => {
    for (const host of ['a', 'b']) writeFileSync(site(host, 'file'), 'old')
    const ran = await run(({ host }) => [
      upload(() => (host.name === 'a' ? Readable.from([bytes]) : createReadStream('/nothing/there')), '~/site/file'),
    ])
    assert.equal(ran.exit, 1)
    assert.deepEqual(
      ran.failures.map(({ host, reason }) => [host, reason]),
      [['b', "the stream for ~/site/file failed: ENOENT: no such file or directory, open '/nothing/there'; the file there is as it was"]],
    )
    assert.equal(readFileSync(site('b', 'file'), 'utf8'), 'old')
    assert.deepEqual(readdirSync(site('b')), ['file'])
  })

  test('is not called sent if the host cannot put it in place', async () => {
    const ran = await run(({ host }) => (host.name === 'a' ? [upload(bytes, '~/site/file', { owner: 'nobody-of-that-name' })] : []))
    assert.equal(ran.exit, 1)
    assert.deepEqual(readdirSync(site('a')), [])
    assert.ok(said(ran).length > 0)
    assert.doesNotMatch(said(ran).join('\n'), /sent/)
  })

  test('is never a part of a stream that another host reads, and not an empty file in the place of one that was read', async () => {
    async function* generator() {
      for (let i = 0; i < 20; i++) yield await Promise.resolve(bytes.subarray(i * 10_000, (i + 1) * 10_000))
    }
    const part = bytes.subarray(0, 200_000)
    for (const stream of [Readable.from([part]), generator(), new Response(part).body!]) {
      emptySites()
      const ran = await run(() => [upload(() => stream, '~/site/file')])
      assert.equal(ran.exit, 1)
      const [failure] = ran.failures
      assert.match(failure!.reason, /^the stream for ~\/site\/file is read already, by another host or before; the file there is as it was/)
      const other = failure!.host === 'a' ? 'b' : 'a'
      assert.ok(readFileSync(site(other, 'file')).equals(part))
      assert.deepEqual(readdirSync(site(failure!.host!)), [])
      assert.match((await code(({ on }) => on('all', (host) => host.upload(stream, '~/site/more')))).failures[0]!.reason, /is read already/)
    }
    const again = { [Symbol.asyncIterator]: generator }
    ok(await run(() => [upload(() => again, '~/site/file')]))
    for (const host of ['a', 'b']) assert.ok(readFileSync(site(host, 'file')).equals(part))
  })

  test('has a title in the plan, opens nothing for it, and groups hosts only with equal bytes', async () => {
    const opened = () => assert.fail('opened')
    const own = { a: Buffer.from('one'), b: Buffer.from('two') }
    const steps = ({ host }: StepsContext) => [
      upload(own[host.name as 'a'], '~/site/own'),
      upload(Buffer.from('both'), '~/site/both'),
      upload(opened, '~/site/stream'),
    ]
    const ran = await run(steps, { planOnly: true })
    ok(ran)
    const text = shortPlan(ran.plan!, '', { columns: 100, paint: { bold: same, dim: same, yellow: same, red: same } })
    assert.equal(text.match(/upload 3 bytes to ~\/site\/own/g)?.length, 2)
    assert.match(text, /upload a stream to ~\/site\/stream/)
    const lines = planAsJson(ran.plan!, '', same).split('\n')
    assert.ok(lines.some((line) => line.includes('"content":"stream"')) && lines.some((line) => line.includes('"content":"bytes"')))
    assert.doesNotMatch(lines.join(), /"bytes":\{/)
    const equal = await run(() => [upload(Buffer.from('both'), '~/site/both')], { planOnly: true })
    const once = shortPlan(equal.plan!, '', { columns: 100, paint: { bold: same, dim: same, yellow: same, red: same } })
    assert.equal(once.match(/upload 4 bytes/g)?.length, 1)
  })

  test('holds only a little of a large stream in memory', async () => {
    const size = Number(process.env['SHIPIT_STREAM_MB'] ?? 200) * 1_000_000
    const piece = randomBytes(1_000_000)
    let most = 0
    async function* pieces() {
      for (let left = size; left > 0; left -= piece.length) {
        most = Math.max(most, process.memoryUsage().rss)
        yield await Promise.resolve(piece)
      }
    }
    const before = process.memoryUsage().rss
    ok(await run(({ host }) => (host.name === 'a' ? [upload(pieces, '~/site/large')] : [])))
    assert.equal(statSync(site('a', 'large')).size, size)
    // the host is in this process, too
    assert.ok(most - before < 100_000_000, `${most - before} bytes more`)
  })

  test('stops reading a stream that never ends when the step takes too long', async () => {
    const closed = Promise.withResolvers<void>()
    const silent = () => new Readable({ read: () => {}, destroy: (_, done) => (closed.resolve(), done(null)) })
    const ran = await run(({ host }) => (host.name === 'a' ? [upload(silent, '~/site/file').timeout('1s')] : []))
    assert.equal(ran.exit, 1)
    await closed.promise
    assert.deepEqual(readdirSync(site('a')), [])
  })
})

describe('content in a task with run', () => {
  test('is sent from a buffer, a stream and the body of a response, and read back as bytes', async () => {
    ok(
      await code(async ({ on }) => {
        await on('all', async (host) => {
          await host.upload(bytes, '~/site/bytes')
          await host.upload(Readable.from([bytes]), '~/site/stream')
          await host.upload(new Response(bytes).body!, '~/site/web', { mode: '0600' })
          for (const file of ['bytes', 'stream', 'web']) {
            const back = await host.read(`~/site/${file}`, { encoding: 'buffer' })
            assert.ok(Buffer.isBuffer(back) && back.equals(bytes), file)
          }
          await host.upload(Buffer.from('text é'), '~/site/text')
          assert.equal(await host.read('~/site/text'), 'text é')
        })
      }),
    )
  })

  test('puts nothing of what it reads into an event', async () => {
    writeFileSync(site('a', 'key'), 'line with a private-key\n')
    const ran = await code(async ({ on, hosts }) => {
      await on(hosts('all')[0]!, async (host) => {
        assert.equal((await host.read('~/site/key', { encoding: 'buffer' })).toString(), 'line with a private-key\n')
        await assert.rejects(host.read('~/site/none', { encoding: 'buffer' }), /No such file/)
        await assert.rejects(host.read('~/site/key', { encoding: 'latin1' as never }), /'utf8' or 'buffer', not "latin1"/)
      })
    })
    ok(ran)
    assert.doesNotMatch(JSON.stringify(ran.events), /private-key/)
  })

  test('fails the task if the stream fails, and leaves no file', async () => {
    const ran = await code(({ on }) => on('all', (host) => host.upload(Readable.from([Buffer.from('x'), 1]) as never, '~/site/file')))
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, /the stream for ~\/site\/file failed/)
    assert.ok(!existsSync(site('a', 'file')))
  })
})
