import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { sh } from '../../src/index.ts'
import { sidekiq } from '../../recipes/index.ts'
import { redisDoctor } from '../../recipes/sidekiq/drain/doctor.ts'
import type { Asking, Manager } from '../../recipes/sidekiq/manager.ts'
import { signals } from '../../recipes/sidekiq/signals/index.ts'
import { systemd } from '../../recipes/sidekiq/systemd/index.ts'
import { upstart } from '../../recipes/sidekiq/upstart/index.ts'
import { contextOf, textOf, type Given } from '../support/context.ts'
import { needs, program } from '../support/needs.ts'
import { fakeRedis, runAsync } from '../support/redis.ts'
import { stubs } from '../support/script.ts'

interface Found {
  readonly at?: string
  readonly source?: string
  readonly error?: string
}

/** Finds Redis like the programs do, in a temporary folder. Nothing listens on port 1. */
const looking = (t: TestContext, programs: Record<string, string> = {}) => {
  const made = stubs(programs)
  t.after(made.remove)
  mkdirSync(join(made.dir, 'shared'))
  mkdirSync(join(made.dir, 'current'))
  const look = async (settings: Record<string, unknown>, pid = 0, given: Given = {}): Promise<Found> => {
    const by = { pids: () => sh`echo ${`sidekiq.service ${pid}`}` } as unknown as Manager
    const c = contextOf(sidekiq(), { deployTo: made.dir, settings: { manager: 'signals', ...settings }, ...given }) as unknown as Asking
    const { code, stdout, stderr } = await runAsync(redisDoctor.facts(c, by).redis.command, { PATH: made.path })
    assert.deepEqual([code, stderr], [0, ''])
    return JSON.parse(stdout) as Found
  }
  return { look, write: (name: string, text: string) => writeFileSync(join(made.dir, 'shared', name), text), dir: made.dir, made }
}

/** A process with this environment. */
const having = (t: TestContext, env: Record<string, string>): number => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', env: { PATH: process.env['PATH'], ...env } })
  t.after(() => child.kill('SIGKILL'))
  return child.pid!
}

describe("the address of Sidekiq's Redis", { skip: needs('ruby'), concurrency: 4 }, () => {
  test('comes from the setting first', async (t) => {
    const { look, write } = looking(t)
    write('.env', 'REDIS_URL=redis://127.0.0.1:1/5\n')
    const found = await look({ redis: { url: 'redis://127.0.0.1:1/1', envFile: '.env' } })
    assert.deepEqual([found.at, found.source], ['redis://127.0.0.1:1/1', 'redis.url'])
  })

  test("comes from redis.envFile and the unit's files with REDIS_PROVIDER, then from the process's environment", async (t) => {
    const { look, write, dir } = looking(t)
    write('.env', 'REDIS_PROVIDER=STORE_URL\nREDIS_URL=redis://127.0.0.1:1/9\nSTORE_URL="redis://:hush@127.0.0.1:1/5"\n')
    write('unit.env', 'export REDIS_URL=redis://127.0.0.1:1/6\n')
    const pid = having(t, { REDIS_URL: 'redis://127.0.0.1:1/7' })
    const file = await look({ redis: { envFile: '.env' } }, pid)
    assert.deepEqual([file.at, file.source], ['redis://127.0.0.1:1/5', `STORE_URL in ${dir}/shared/.env`])
    assert.ok(!JSON.stringify(file).includes('hush'))
    const unit = await look({ serviceUnitEnvFiles: ['-missing.env', 'unit.env'] }, pid)
    assert.deepEqual([unit.at, unit.source], ['redis://127.0.0.1:1/6', `REDIS_URL in ${dir}/shared/unit.env`])
    const vars = await look({ serviceUnitEnvVars: { REDIS_URL: 'redis://127.0.0.1:1/8', OTHER: 'x' } }, pid)
    assert.deepEqual([vars.at, vars.source], ['redis://127.0.0.1:1/8', 'REDIS_URL of serviceUnitEnvVars'])
    const running = await look({}, pid)
    assert.deepEqual([running.at, running.source], ['redis://127.0.0.1:1/7', `REDIS_URL in the environment of process ${pid}`])
  })

  test("is Sidekiq's default if nothing sets it", async (t) => {
    const found = await looking(t).look({}, having(t, {}))
    assert.equal(found.at, 'redis://127.0.0.1:6379/0')
    assert.match(found.source ?? '', /^Sidekiq's default/)
  })

  test('is an error if a named file is missing, unless the unit may lack it', async (t) => {
    const { look } = looking(t)
    assert.match((await look({ redis: { envFile: 'no.env' } })).error ?? '', /shared\/no\.env: cannot be read$/)
    assert.doesNotMatch((await look({ serviceUnitEnvFiles: ['no.env'] })).error ?? '', /no\.env/)
  })

  test('comes from the application under its bundler in current, whose other output stays hidden', async (t) => {
    const redis = await fakeRedis({ password: 'hush' })
    t.after(redis.close)
    const answer = JSON.stringify({ tls: false, host: '127.0.0.1', port: redis.port, password: 'hush', db: 2 })
    const { look, made } = looking(t, { bundle: `echo "loading hush in $PWD as $RAILS_ENV"; echo 'SHIPIT_REDIS ${answer}'` })
    const found = await look({ redis: { from: { app: './worker.rb' } } })
    assert.deepEqual([found.at, found.source, found.error], [`redis://127.0.0.1:${redis.port}/2`, 'the application', undefined])
    assert.ok(!JSON.stringify(found).includes('hush'))
    assert.match(made.calls()[0] ?? '', /^bundle exec ruby -e /)
    assert.deepEqual(redis.calls.slice(0, 2), [
      ['AUTH', 'hush'],
      ['SELECT', '2'],
    ])
  })

  test('is an error without the password if the application cannot be loaded', async (t) => {
    const bundle = 'echo noise; echo "SHIPIT_ERROR no way to redis://:hush@h (RuntimeError)"; exit 1'
    const { error } = await looking(t, { bundle }).look({ redis: { from: 'app' } })
    assert.equal(error, 'could not get the address of Redis from the application: no way to redis://[secret]@h (RuntimeError)')
  })

  test('is found with the Ruby of the running Sidekiq if the PATH has no working one', async (t) => {
    const { look, made } = looking(t, { ruby: 'exit 127' })
    const path = process.env['PATH']!
    const child = spawn(program('ruby')!, ['-e', 'puts 1; $stdout.flush; sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: path },
    })
    t.after(() => child.kill('SIGKILL'))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    assert.equal((await look({ redis: { url: 'redis://127.0.0.1:1/0' } }, child.pid)).source, 'redis.url')
    assert.ok(made.calls().some((call) => call.startsWith('ruby')))
    const by = { pids: () => sh`echo sidekiq.service 0` } as unknown as Manager
    const none = redisDoctor.facts(contextOf(sidekiq(), { deployTo: made.dir }) as unknown as Asking, by).redis.command
    const { code, stderr } = await runAsync(none, { PATH: made.path })
    assert.deepEqual([code, stderr], [8, 'there is no ruby in the PATH, and shipit needs one to ask Redis\n'])
  })

  test("is looked up as another user for that user's systemd, and as the deploy user for a system unit", () => {
    const text = (settings: Record<string, unknown>, by: Manager) =>
      textOf(redisDoctor.facts(contextOf(sidekiq(), { settings: { user: 'svc', ...settings } }) as unknown as Asking, by).redis.command)
    assert.match(text({ manager: 'systemd' }, systemd), /^sudo -H -u svc -- \/bin\/sh[^]*export XDG_RUNTIME_DIR[^]*systemctl --user show/)
    assert.match(text({ manager: 'signals' }, signals), /^sudo -H -u svc -- \/bin\/sh/)
    assert.doesNotMatch(text({ manager: 'systemd', serviceUnitUser: 'system' }, systemd), /sudo|XDG_RUNTIME_DIR/)
    assert.doesNotMatch(text({ manager: 'upstart' }, upstart), /^sudo|XDG_RUNTIME_DIR/)
  })
})
