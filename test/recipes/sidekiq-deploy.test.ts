import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sidekiq } from '../../recipes/index.ts'
import { prepend } from '../../src/shell/env.ts'
import { sh } from '../../src/shell/sh.ts'
import { startFleet, type Fleet, type Ran, type RunOptions } from '../run/support.ts'
import { needs } from '../support/needs.ts'

// Whole deploys over ssh, with a stand-in for systemctl that records its calls: test/support/systemctl.
const U = 'sidekiq.service'
const hosts = ['a', 'b']

describe('Sidekiq in a deploy', { skip: needs('setsid', 'perl') }, () => {
  let fleet: Fleet
  let bin: string
  before(async () => {
    bin = mkdtempSync(join(tmpdir(), 'shipit-bin-'))
    copyFileSync(fileURLToPath(new URL('../support/systemctl', import.meta.url)), join(bin, 'systemctl'))
    chmodSync(join(bin, 'systemctl'), 0o755)
    fleet = await startFleet(hosts)
    for (const host of hosts) mkdirSync(file(host, 'units'))
  })
  after(async () => {
    for (const host of hosts) {
      const pid = pidOf(host)
      if (pid > 0) process.kill(pid)
    }
    await fleet.stop()
    rmSync(bin, { recursive: true, force: true })
  })
  beforeEach(() => {
    for (const host of hosts) for (const name of ['calls', 'fail']) rmSync(file(host, name), { force: true })
  })

  const file = (host: string, name: string) => join(fleet.on(host, '..'), name)
  const pidOf = (host: string) => (existsSync(file(host, `units/${U}`)) ? Number(readFileSync(file(host, `units/${U}`), 'utf8')) : 0)
  const calls = (host: string) =>
    existsSync(file(host, 'calls')) ? readFileSync(file(host, 'calls'), 'utf8').split('\n').filter(Boolean) : []
  const fails = (host: string, text: string) => writeFileSync(file(host, 'fail'), `${text}\n`)
  const go = async (tasks: string[], settings: object = {}, o: RunOptions = {}): Promise<Ran> => {
    const use = [sidekiq({ roles: ['app'], ...settings } as Parameters<typeof sidekiq>[0])]
    return fleet.run(tasks, { ...o, config: { use, env: { PATH: prepend(bin) }, ...o.config } })
  }
  const failed = (ran: Ran) => ran.failures.map(({ host, task }) => `${host}: ${task}`)
  const quiet = `--user kill --kill-who=main -s TSTP ${U}`
  const all = [quiet, `--user stop ${U}`, `--user start ${U}`]

  test('G34, G78, G82: a first deploy without the unit quiets and stops nothing, with the systemctl of the PATH', async () => {
    const ran = await go(['deploy'])
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    for (const host of hosts) assert.deepEqual(calls(host), [`--user start ${U}`])
    for (const host of hosts) writeFileSync(file(host, `units/${U}`), '')
    assert.equal((await go(['sidekiq:start'])).exit, 0)
    for (const host of hosts) assert.ok(pidOf(host) > 0)
  })

  test('G37: without its hooks a deploy does not touch Sidekiq', async () => {
    assert.equal((await go(['deploy'], { defaultHooks: false })).exit, 0)
    for (const host of hosts) assert.deepEqual(calls(host), [])
  })

  test('G38: a deploy quiets, stops and starts', async () => {
    const before = pidOf('a')
    const ran = await go(['deploy'])
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    for (const host of hosts) assert.deepEqual(calls(host), all)
    assert.notEqual(pidOf('a'), before)
  })

  test('G39, G58, G99: a rollback quiets, stops and starts', async () => {
    const ran = await go(['deploy:rollback'])
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    for (const host of hosts) assert.deepEqual(calls(host), all)
  })

  test('G40, G98: a failed quiet ends the deploy with its own message, and units that were not quieted are left alone', async () => {
    fails('a', `kill ${U} 1 Failed to kill unit ${U}: Connection timed out`)
    const live = fleet.live('a')
    const ran = await go(['deploy'])
    assert.equal(ran.exit, 1)
    assert.deepEqual(failed(ran), ['a: sidekiq:quiet'])
    assert.match(ran.failures[0]!.output!.join('\n'), /Connection timed out/)
    assert.equal(fleet.live('a'), live)
    assert.deepEqual(calls('a'), [quiet])
    // a unit that was quieted there meanwhile
    assert.ok(
      [[], [quiet, `--user restart ${U}`]].some((one) => one.join() === calls('b').join()),
      calls('b').join(),
    )
  })

  for (const at of ['deploy:updating', 'deploy:updated'])
    test(`G98: a failure after ${at} leaves no unit quiet, and stays the reported failure`, async () => {
      const tasks = { broken: { steps: () => [sh`exit 3`] } }
      const ran = await go(['deploy'], {}, { config: { tasks, hooks: { after: { [at]: 'broken' } } } })
      assert.equal(ran.exit, 1)
      assert.ok(ran.failures.every(({ task }) => task === 'broken') && ran.failures.length > 0)
      for (const host of hosts) assert.deepEqual(calls(host), [quiet, `--user restart ${U}`])
    })

  test('G41, G59: a failed start is the failure of the deploy, and is not tried again', async () => {
    fails('a', `start ${U} 1 Job for ${U} failed because the control process exited with error code.`)
    const ran = await go(['deploy'])
    assert.notEqual(ran.exit, 0)
    assert.deepEqual(failed(ran), ['a: sidekiq:start'])
    assert.deepEqual(calls('a'), all)
    assert.deepEqual(calls('b'), all)
    rmSync(file('a', 'fail'))
    assert.equal((await go(['sidekiq:start'])).exit, 0)
  })

  test('G86: a start without a stop, by custom hooks, restarts the quiet old process', async () => {
    const before = pidOf('a')
    const hooks = { after: { 'deploy:starting': 'sidekiq:quiet', 'deploy:published': 'sidekiq:start' } }
    const ran = await go(['deploy'], { defaultHooks: false }, { config: { hooks } })
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    for (const host of hosts) assert.deepEqual(calls(host), [quiet, `--user start ${U}`, `--user restart ${U}`])
    assert.notEqual(pidOf('a'), before)
  })

  test('G98: a rolling restart that gives up while it waits leaves no process quiet, and the others as they were', async () => {
    const [first, second] = [pidOf('a'), pidOf('b')]
    const ran = await go(['deploy'], {
      rolling: 1,
      drain: { timeout: 0, onBusy: 'abort' },
      redis: { url: 'redis://127.0.0.1:1/0' },
    })
    assert.notEqual(ran.exit, 0)
    assert.deepEqual(failed(ran), ['a: sidekiq:restart'])
    assert.deepEqual(calls('a'), [quiet, `--user restart ${U}`])
    assert.notEqual(pidOf('a'), first)
    assert.deepEqual([calls('b'), pidOf('b')], [[], second])
  })
})
