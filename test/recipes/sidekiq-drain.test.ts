import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { secret, sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { sidekiq } from '../../recipes/index.ts'
import { signals } from '../../recipes/sidekiq/signals/index.ts'
import { systemd } from '../../recipes/sidekiq/systemd/index.ts'
import { drain } from '../../recipes/sidekiq/drain/index.ts'
import type { Context, Manager } from '../../recipes/sidekiq/manager.ts'
import { contextOf, hintOf, textOf } from '../support/context.ts'
import { needs } from '../support/needs.ts'
import { fakeRedis, runAsync, type Done, type FakeRedis } from '../support/redis.ts'
import { shells, stubs } from '../support/script.ts'

const now = () => Date.now() / 1000

/** A process that runs until the test ends. */
const alive = (t: TestContext): number => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  return child.pid!
}

interface Setup {
  readonly settings?: Record<string, unknown>
  /** the command that prints the pids */
  readonly pids?: Command
  readonly env?: Record<string, string>
  readonly release?: string
}

/** A folder with its own Redis, and a drain of `pid` there. */
const place = async (t: TestContext, o: Parameters<typeof fakeRedis>[0] = {}) => {
  const redis = await fakeRedis(o)
  const made = stubs({})
  t.after(async () => {
    made.remove()
    await redis.close()
  })
  const steps = (pid: number, { settings: { drain: how, ...settings } = {}, pids, release }: Setup = {}): Command => {
    const manager = settings['manager'] === 'systemd' ? systemd : signals
    const by: Manager = { ...manager, pids: () => pids ?? sh`echo ${`sidekiq.service ${pid}`}` }
    const c = contextOf(sidekiq(), {
      deployTo: made.dir,
      ...(release === undefined ? {} : { release }),
      settings: {
        manager: 'signals',
        redis: { url: redis.url },
        drain: { timeout: '2s', ...(how as object) },
        ...settings,
      },
    }) as unknown as Context
    return drain(c, by)[0] as Command
  }
  const run = (pid: number, setup: Setup = {}): Promise<Done> => runAsync(steps(pid, setup), { ...setup.env })
  return { redis, dir: made.dir, steps, run, quieted: (seconds: number) => stamp(made.dir, seconds) }
}

/** As if the process had been quieted `seconds` ago. */
const stamp = (dir: string, seconds: number): void => {
  mkdirSync(join(dir, '.shipit'))
  writeFileSync(join(dir, '.shipit', 'quiet-sidekiq'), String(Math.floor(now() - seconds)))
}

interface Entry {
  readonly quiet?: boolean
  readonly busy?: number
  readonly beat?: number
  readonly started?: number
  readonly host?: string
  readonly id?: string
  /** in the list of Sidekiq 6.4.2 and later, or the older one */
  readonly jobs?: readonly string[]
  readonly list?: 'work' | 'workers'
  readonly prefix?: string
  readonly version?: string
}
/** Writes the heartbeat of a Sidekiq process. */
const beat = ({ data }: FakeRedis, pid: number, e: Entry = {}): string => {
  const prefix = e.prefix ?? ''
  const id = e.id ?? `${e.host ?? hostname()}:${pid}:0123456789ab`
  const others = (data.get(`${prefix}processes`) ?? []) as readonly string[]
  data.set(`${prefix}processes`, [...new Set([...others, id])])
  data.set(prefix + id, {
    info: JSON.stringify({
      hostname: e.host ?? hostname(),
      pid,
      started_at: e.started ?? now() - 3600,
      concurrency: 5,
      version: e.version ?? '6.4.1',
    }),
    busy: String(e.busy ?? 0),
    beat: String(e.beat ?? now()),
    quiet: String(e.quiet ?? true),
  })
  data.set(`${prefix}${id}:${e.list ?? 'work'}`, Object.fromEntries((e.jobs ?? []).map((job, i) => [`t${i}`, job])))
  return id
}
const working = (name: string, seconds: number) =>
  JSON.stringify({ queue: 'default', run_at: Math.floor(now() - seconds), payload: JSON.stringify({ class: name, args: ['s3cret'] }) })

describe('sidekiq:drain', { skip: needs('ruby'), concurrency: 4 }, () => {
  for (const { name, argv } of shells)
    test(`a process that is quiet and idle on a late beat is drained (${name})`, async (t) => {
      const at = await place(t)
      const pid = alive(t)
      at.quieted(10)
      beat(at.redis, pid)
      const done = await runAsync(at.steps(pid), {}, [...argv])
      assert.deepEqual(done, { code: 0, stdout: `no jobs left: sidekiq.service (PID ${pid})\n`, stderr: '' })
    })

  for (const list of ['work', 'workers'] as const)
    test(`jobs in :${list} are listed by class and age at the deadline, without arguments`, async (t) => {
      const at = await place(t)
      const pid = alive(t)
      at.quieted(10)
      beat(at.redis, pid, { busy: 3, list, jobs: [working('HardWorker', 34), working('Import', 3), working('Import', 200)] })
      const { code, stdout, stderr } = await at.run(pid)
      assert.equal(code, 3)
      const jobs = String.raw`3 jobs: Import \d min, HardWorker (?:3[4-9]|[4-9]\d|1[01]\d) s, Import \d+ s`
      // empty if the deadline comes before the first look
      assert.match(stdout, new RegExp(`^(?:${jobs}\n)?$`))
      assert.match(stderr, new RegExp(`^still running after \\d+ s: ${jobs}`))
      assert.match(stderr, /At the stop they get 25 s more; then Sidekiq puts unfinished jobs back into their queue\n$/)
      assert.ok(!(stdout + stderr).includes('s3cret'))
    })

  test('a running job is waited for until it ends', async (t) => {
    const at = await place(t)
    const pid = alive(t)
    at.quieted(10)
    beat(at.redis, pid, { busy: 1, jobs: [working('HardWorker', 1)] })
    const coming = at.run(pid, { settings: { drain: { timeout: '50s' } } })
    await once(() => at.redis.calls.filter(([word]) => word === 'SMEMBERS').length > 1)
    beat(at.redis, pid)
    const { code, stdout } = await coming
    assert.equal(code, 0)
    assert.match(stdout, /^1 job: HardWorker \d s\nno jobs left/)
  })

  test('a second beat must confirm the quiet if there is no record of the signal', async (t) => {
    const at = await place(t)
    const pid = alive(t)
    beat(at.redis, pid)
    const coming = at.run(pid, { settings: { drain: { timeout: '50s' } } })
    let ended = false
    void coming.then(() => (ended = true))
    await once(() => at.redis.calls.filter(([word]) => word === 'SMEMBERS').length > 2)
    assert.equal(ended, false)
    beat(at.redis, pid)
    assert.equal((await coming).code, 0)
  })

  test('the newest of several entries with one PID counts, and expired and foreign ones do not', async (t) => {
    const at = await place(t)
    const pid = alive(t)
    at.quieted(10)
    beat(at.redis, pid, { id: `${hostname()}:${pid}:old`, started: now() - 9000, busy: 4, quiet: false })
    beat(at.redis, pid, { id: `other:${pid}:x`, host: 'other', busy: 4, quiet: false })
    at.redis.data.delete(beat(at.redis, pid, { id: `${hostname()}:${pid}:gone`, started: now() }))
    beat(at.redis, pid)
    assert.equal((await at.run(pid)).code, 0)
  })

  test('a process that Redis does not know is not drained, and the error mentions another Redis', async (t) => {
    const at = await place(t)
    const pid = alive(t)
    at.quieted(10)
    at.redis.data.set('processes', [])
    const long = stubs({ date: 'echo 1000' })
    t.after(long.remove)
    const { code, stderr } = await at.run(pid, { env: { PATH: long.path } })
    assert.equal(code, 4)
    assert.match(stderr, /sidekiq\.service \(PID \d+\): runs, but redis:\/\/127\.0\.0\.1:\d+\/0 \(redis\.url\) does not know it/)
    assert.match(hintOf(at.steps(pid), { code: 4 }) ?? '', /redis: \{ url:/)
  })

  test('a short timeout still waits for a heartbeat', async (t) => {
    const at = await place(t)
    const pid = alive(t)
    at.quieted(0)
    beat(at.redis, pid, { quiet: false, beat: now() - 3 })
    setTimeout(() => beat(at.redis, pid), 4200).unref()
    assert.equal((await at.run(pid, { settings: { drain: { timeout: 0 } } })).code, 0)
  })

  test('a process that does not run, or has ended, needs no wait', async (t) => {
    const at = await place(t)
    const gone = spawn('true')
    await new Promise((resolve) => gone.once('exit', resolve))
    assert.deepEqual(await at.run(0), { code: 0, stdout: '', stderr: '' })
    assert.deepEqual(await at.run(gone.pid!), { code: 0, stdout: '', stderr: '' })
    assert.equal(at.redis.calls.length, 0)
  })

  test('a process that replaces one during the wait was never quieted, which is an error', async (t) => {
    const at = await place(t)
    const first = spawn('sleep', ['60'], { stdio: 'ignore' })
    const second = alive(t)
    at.quieted(10)
    const list = join(at.dir, 'list')
    writeFileSync(list, `sidekiq.service ${first.pid}\n`)
    beat(at.redis, first.pid!, { busy: 1, jobs: [working('HardWorker', 1)] })
    const coming = at.run(0, { pids: sh`cat ${list}`, settings: { drain: { timeout: '50s' } } })
    await once(() => at.redis.calls.some(([word]) => word === 'SMEMBERS'))
    writeFileSync(list, `sidekiq.service ${second}\n`)
    beat(at.redis, second, { quiet: false, started: now(), beat: now() + 60 })
    first.kill('SIGKILL')
    const { code, stderr } = await coming
    assert.equal(code, 6)
    assert.match(stderr, new RegExp(`PID ${second}\\): takes jobs: it was not quieted`))
  })

  test('keys are read with the namespace', async (t) => {
    const at = await place(t)
    const pid = alive(t)
    at.quieted(10)
    beat(at.redis, pid, { prefix: 'shop:' })
    assert.equal((await at.run(pid, { settings: { redis: { url: at.redis.url, namespace: 'shop' } } })).code, 0)
  })

  for (const users of [undefined, false] as const)
    test(`the drain sends the password and selects the database (${users === false ? 'a Redis without users' : 'with a user'})`, async (t) => {
      const at = await place(t, { password: 'p@w', ...(users === false ? { users } : {}) })
      const pid = alive(t)
      at.quieted(10)
      beat(at.redis, pid)
      const url = at.redis.url.replace('//', '//anna:p%40w@').replace('/0', '/3')
      const settings = { redis: { url } }
      assert.equal((await at.run(pid, { settings })).code, 0)
      assert.deepEqual(at.redis.calls.slice(0, users === false ? 3 : 2), [
        ['AUTH', 'anna', 'p@w'],
        ...(users === false ? [['AUTH', 'p@w']] : []),
        ['SELECT', '3'],
      ])
      // neither in a plan nor in the arguments, which every account of the host can read
      assert.ok(!textOf(at.steps(pid, { settings })).includes('p%40w'))
      assert.match(textOf(at.steps(pid, { settings })), /^export SHIPIT_REDIS_URL=\[secret\]$/m)
      const vars = {
        redis: { url: null },
        serviceUnitEnvVars: { REDIS_PROVIDER: 'STORE_URL', STORE_URL: settings.redis.url, REDIS_URL: 'redis://x' },
      }
      assert.match(textOf(at.steps(pid, { settings: vars })), /^export SHIPIT_REDIS_URL=\[secret\]$/m)
      const wrong = await at.run(pid, { settings: { redis: { url: secret(url.replace('p%40w', 'wrong-one')) } } })
      assert.equal(wrong.code, 5)
      assert.match(wrong.stderr, /^Redis at redis:\/\/127\.0\.0\.1:\d+\/3 \(redis\.url\): it rejected the password in the address\n$/)
    })

  test('an unreachable Redis is a failure with abort, and a warning otherwise', async (t) => {
    const at = await place(t)
    const pid = alive(t)
    const settings = { redis: { url: 'redis://:hush@127.0.0.1:1/0' }, drain: { timeout: '2s' } }
    const since = now()
    const { code, stdout, stderr } = await at.run(pid, { settings })
    assert.equal(code, 5)
    // Redis may come back: the drain waits its full time, in whole seconds
    assert.ok(now() - since >= 1)
    assert.equal(stdout, 'Redis at redis://127.0.0.1:1/0 (redis.url): connection refused: nothing listens there; waiting for it\n')
    assert.equal(stderr, 'Redis at redis://127.0.0.1:1/0 (redis.url): connection refused: nothing listens there\n')
    const allows = (onBusy: string) => at.steps(pid, { settings: { drain: { onBusy } } }).spec.allow
    assert.equal(allows('abort'), undefined)
    assert.equal(allows('proceed'), true)
    assert.equal(allows('wait'), true)
  })

  test('a process that was started after the quiet is quieted again in a deploy, at most three times', async (t) => {
    const at = await place(t)
    at.quieted(60)
    const pid = alive(t)
    beat(at.redis, pid, { quiet: false, beat: now() + 60 })
    const made = stubs({ systemctl: ':' })
    t.after(made.remove)
    const settings = { manager: 'systemd', serviceUnitUser: 'user', drain: { timeout: '1s', onBusy: 'abort' } }
    const step = at.steps(pid, { settings, release: '20261123100000' })
    const { code, stdout } = await runAsync(step, { PATH: made.path })
    assert.equal(code, 6)
    assert.equal(stdout.match(/quieting Sidekiq again/g)?.length, 3)
    assert.deepEqual(made.calls(), Array(3).fill('systemctl --user kill --kill-who=main -s TSTP sidekiq.service'))
    assert.match(hintOf(step, { code: 6 }) ?? '', /shipit production deploy$/)
  })

  test('a Redis that comes back during the drain is asked', async (t) => {
    const at = await place(t)
    at.quieted(30)
    const pid = alive(t)
    const run = at.run(pid, { settings: { redis: { url: `redis://127.0.0.1:${at.redis.port}/0` }, drain: { timeout: '30s' } } })
    await at.redis.close()
    const back = await fakeRedis({ port: at.redis.port })
    t.after(() => back.close())
    beat(back, pid, { quiet: true })
    assert.equal((await run).code, 0)
  })

  test('an answer that is not from Redis is an error', async (t) => {
    const at = await place(t)
    const pid = alive(t)
    const { createServer } = await import('node:net')
    const server = createServer((socket) => void socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const { port } = server.address() as { port: number }
    const { code, stderr } = await at.run(pid, { settings: { redis: { url: `redis://127.0.0.1:${port}` } } })
    assert.equal(code, 5)
    assert.match(stderr, /the server there is not Redis|it closed the connection/)
  })

  test("onBusy 'abort' reports the remaining jobs, and nothing about putting them back", async (t) => {
    const at = await place(t)
    const pid = alive(t)
    at.quieted(10)
    beat(at.redis, pid, { busy: 1, jobs: [working('HardWorker', 34)] })
    const settings = { drain: { timeout: 0, onBusy: 'abort' } }
    const { code, stderr } = await at.run(pid, { settings })
    assert.equal(code, 3)
    assert.match(stderr, /^still running after \d s: 1 job: HardWorker \d+ s\n$/)
    assert.match(hintOf(at.steps(pid, { settings }), { code: 3 }) ?? '', /timeout: '10m'/)
  })

  test("onBusy 'wait' continues after the timeout until the job has ended", async (t) => {
    const at = await place(t)
    const pid = alive(t)
    at.quieted(10)
    beat(at.redis, pid, { busy: 1, jobs: [working('HardWorker', 34)] })
    const coming = at.run(pid, { settings: { drain: { timeout: 0, onBusy: 'wait' } } })
    await once(() => at.redis.calls.filter(([word]) => word === 'SMEMBERS').length > 2)
    beat(at.redis, pid)
    assert.equal((await coming).code, 0)
  })
})

/** Waits until `happened`; the test's timeout ends it otherwise. */
async function once(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 50))
}
