import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})
after(() => fleet.stop())

const quiet = async () => {
  for (let i = 0; i < 200 && fleet.hosts.some((host) => host.running().length > 0); i++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(
    fleet.hosts.flatMap((host) => host.running()),
    [],
  )
}

for (const [when, type] of [
  ['while hosts are connecting', 'host:connecting'],
  ['after one host has connected', 'host:connected'],
  ['after one host has its lock', 'lock:taken'],
  ['after the facts of one host are read', 'facts'],
] as const) {
  test(`an interrupt ${when} exits 130 without a change, and the next deploy succeeds`, async () => {
    const live = fleet.live('a')
    let done = false
    const ran = await fleet.run(['deploy'], {
      onEvent: (event, interrupt) => {
        if (event.type !== type || done) return
        done = true
        interrupt('SIGINT')
      },
    })
    assert.equal(ran.exit, 130)
    assert.deepEqual(ran.failures, [])
    assert.match(ran.end.headline, /what was live is still live$|the deploy did not happen$|nothing was changed$/)
    assert.ok(!ran.events.some((event) => event.type === 'step:start'))
    await quiet()
    assert.equal((await fleet.run(['deploy'])).exit, 0)
    assert.notEqual(fleet.live('a'), live)
  })
}

test('a host that never answers does not keep an interrupted run from ending', async () => {
  const other = await startFleet(['c'])
  try {
    const ran = await other.run(['deploy'], {
      config: { stages: { test: { servers: [{ host: '192.0.2.1', ssh: {} }, 'c'] } } },
      onEvent: (event, interrupt) => event.type === 'host:connected' && interrupt('SIGTERM'),
    })
    assert.equal(ran.exit, 143)
    assert.deepEqual(ran.failures, [])
  } finally {
    await other.stop()
  }
})

test('an interrupt during deploy:failed lets it finish, keeps the failure, and decides the exit code', async () => {
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: { broken: { steps: () => [sh`exit 1`] }, recover: { steps: () => [sh`sleep 0.3; echo recovered`] } },
      hooks: { after: { 'deploy:updated': 'broken', 'deploy:failed': 'recover' } },
    },
    onEvent: (event, interrupt) => event.type === 'step:start' && event.task === 'recover' && interrupt('SIGTERM'),
  })
  assert.equal(ran.exit, 143)
  assert.ok(ran.failures.every(({ task }) => task === 'broken'))
  assert.ok(ran.done('a').includes('recover') && ran.done('b').includes('recover'))
  const { release } = ran.events.find((event) => event.type === 'deploy')!
  assert.ok(!existsSync(fleet.on('a', `releases/${release}`)))
})

test('an interrupt after the switch says that the new release is live everywhere, and what to type', async () => {
  const ran = await fleet.run(['deploy'], {
    config: { tasks: { slow: { steps: () => [sh`sleep 20`] } }, hooks: { after: { 'deploy:published': 'slow' } } },
    onEvent: (event, interrupt) => event.type === 'step:start' && event.task === 'slow' && interrupt('SIGINT'),
  })
  const { release } = ran.events.find((event) => event.type === 'deploy')!
  assert.equal(ran.exit, 130)
  assert.deepEqual(
    ran.end.live.map((host) => [host.release, host.state]),
    [
      [release, 'switched'],
      [release, 'switched'],
    ],
  )
  assert.match(ran.end.headline, new RegExp(`${release} is live`))
  assert.deepEqual(ran.end.next, [{ command: 'shipit test deploy' }])
  await quiet()
})

test('an interrupt of a code task or a single task exits 130 without a failure', async () => {
  const config = {
    tasks: {
      code: {
        run: async ({ on }: { on: (s: string, f: (h: { run(c: unknown): Promise<unknown> }) => unknown) => Promise<unknown> }) =>
          void (await on('all', (host) => host.run(sh`sleep 20`))),
      },
      one: { steps: () => [sh`sleep 20`] },
    },
  }
  for (const task of ['code', 'one']) {
    const ran = await fleet.run([task], { config, onEvent: (event, interrupt) => event.type === 'step:start' && interrupt('SIGINT') })
    assert.equal(ran.exit, 130)
    assert.deepEqual(ran.failures, [])
    assert.equal(ran.end.headline, 'interrupted')
  }
  await quiet()
})
