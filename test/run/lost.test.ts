import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, test } from 'node:test'
import type { RunEvent } from '../../src/events/types.ts'
import { sh } from '../../src/shell/sh.ts'
import type { StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

/** Kills the process group of the keeper that holds the lock. */
const killKeeper = (lock: string): void => {
  const keeper = Number(/^keeper \d+ \d+ (\d+)$/m.exec(readFileSync(lock, 'utf8'))![1])
  process.kill(-keeper, 'SIGKILL')
}

let fleet: Fleet
beforeEach(async () => {
  fleet = await startFleet(['a', 'b'])
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})
afterEach(() => fleet.stop())

/** A task that keeps host b busy long enough to cut it off. */
const held = (hook: string) => ({
  tasks: {
    hold: { steps: ({ host }: StepsContext) => [host.name === 'b' && sh`sleep 20`] },
    recover: { steps: () => [sh`echo recovered`] },
  },
  hooks: { after: { [hook]: 'hold', 'deploy:failed': 'recover' } },
})
const inHold = (event: RunEvent) => event.type === 'step:start' && event.task === 'hold'
const table = (ran: Awaited<ReturnType<Fleet['run']>>) => ran.end.live.map(({ host, state, release }) => [host, state, release])

test('a rollback with a host down ends with the command for the other hosts, whose headline counts the one left out', async () => {
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  fleet.cut('b', 'forGood')
  const ran = await fleet.run(['deploy:rollback'])
  assert.deepEqual([ran.exit, ran.end.live], [3, []])
  assert.deepEqual(ran.end.next, [{ command: 'shipit test deploy:rollback --hosts a', why: 'to continue without b' }])
  for (const task of ['deploy:rollback', 'deploy']) {
    const alone = await fleet.run([task], { filter: { hosts: 'a' } })
    assert.equal(alone.exit, 0, JSON.stringify(alone.failures))
    assert.match(alone.end.headline, /^a is on release \d{14} \([0-9a-f]{7}\); 1 other host of test was left out$/)
  }
})

test('a host lost in the checks is reported once with exit 3, and nothing has changed', async () => {
  const live = fleet.live('a')
  const ran = await fleet.run(['deploy'], {
    config: held('deploy:starting'),
    onEvent: (event) => inHold(event) && fleet.cut('b', 'forGood'),
  })
  assert.equal(ran.exit, 3)
  assert.deepEqual(
    ran.failures.map(({ host, task }) => [host, task]),
    [['b', 'hold']],
  )
  assert.match(ran.failures[0]!.reason, /connection/)
  assert.deepEqual(table(ran), [
    ['a', 'same', live],
    ['b', 'same', live],
  ])
  assert.ok(ran.done('a').includes('recover'))
})

test('a host that is lost and back during the preparation runs deploy:failed, and its release is removed', async () => {
  const ran = await fleet.run(['deploy'], { config: held('deploy:updated'), onEvent: (event) => inHold(event) && fleet.cut('b') })
  assert.equal(ran.exit, 3)
  assert.equal(ran.failures.length, 1, JSON.stringify(ran.failures))
  assert.ok(ran.done('b').includes('recover'))
  const { release } = ran.events.find((event) => event.type === 'deploy')!
  for (const host of ['a', 'b']) assert.ok(!existsSync(fleet.on(host, `releases/${release}`)), host)
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})

test('a host whose keeper is killed is logged in to again, and runs deploy:failed with the lock', async () => {
  const ran = await fleet.run(['deploy'], {
    config: held('deploy:updated'),
    onEvent: (event) => inHold(event) && killKeeper(fleet.on('b', '.shipit/lock')),
  })
  assert.equal(ran.exit, 3)
  assert.ok(ran.done('b').includes('recover'), JSON.stringify(ran.failures))
  assert.deepEqual(
    ran.events.filter((event) => event.type === 'host:lost').map(({ host }) => host),
    ['b'],
  )
  const { release } = ran.events.find((event) => event.type === 'deploy')!
  for (const host of ['a', 'b']) assert.ok(!existsSync(fleet.on(host, `releases/${release}`)), host)
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})

test('a lost host whose lock another run has taken is left alone', async () => {
  let other: ChildProcess | undefined
  const ran = await fleet.run(['deploy'], {
    config: held('deploy:updated'),
    onEvent: (event) => {
      if (!inHold(event)) return
      killKeeper(fleet.on('b', '.shipit/lock'))
      other = spawn('flock', ['-n', fleet.on('b', '.shipit/lock'), 'sleep', '60'], { stdio: 'ignore' })
    },
  })
  try {
    assert.equal(ran.exit, 3)
    assert.ok(!ran.done('b').includes('recover'))
    const told = ran.events.flatMap((event) => (event.type === 'host:lost' && event.host === 'b' ? [event.reason] : [])).at(-1)
    assert.match(told!, new RegExp(`lock could not be taken again: .*${other!.pid} .*flock`))
  } finally {
    other!.kill()
  }
})

test('a host that stays lost is named in a warning that the recovery did not run there', async () => {
  const ran = await fleet.run(['deploy'], {
    config: held('deploy:updated'),
    onEvent: (event) => inHold(event) && fleet.cut('b', 'forGood'),
  })
  assert.equal(ran.exit, 3)
  const warnings = ran.events.flatMap((event) =>
    event.type === 'log' && event.level === 'warn' && event.host === 'b' ? [event.message] : [],
  )
  assert.equal(warnings.length, 1)
  assert.match(warnings[0]!, /recover.*did not run/)
  fleet.mend('b')
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  assert.equal(fleet.live('a'), fleet.live('b'))
})

test("a host lost before its switch exits 6, and the table shows each host's release", async () => {
  const before = fleet.live('b')
  const ran = await fleet.run(['deploy'], {
    onEvent: (event) => {
      if (event.type === 'wave:start' && event.title === 'publish') fleet.cut('b')
    },
  })
  const release = ran.events.find((event) => event.type === 'deploy')!.release
  assert.equal(fleet.live('a'), release)
  assert.deepEqual(table(ran), [
    ['a', 'switched', release],
    ['b', fleet.live('b') === before ? 'same' : 'switched', fleet.live('b')],
  ])
  assert.equal(ran.exit, fleet.live('b') === before ? 6 : 7)
  assert.equal(ran.failures.length, 1, JSON.stringify(ran.failures))
})

test('a host lost in the switch that cannot be read again counts as unknown, with exit 6', async () => {
  const lose = () =>
    fleet.run(['deploy'], {
      onEvent: (event) => {
        if (event.type === 'step:start' && event.task === 'deploy:symlink:release' && event.host === 'b') fleet.cut('b', 'forGood')
      },
    })
  let ran = await lose()
  // the answer may have arrived already: try again
  for (let i = 0; i < 9 && ran.end.live[1]!.state === 'switched'; i++) {
    fleet.mend('b')
    ran = await lose()
  }
  assert.equal(ran.exit, 6)
  assert.deepEqual(table(ran)[1], ['b', 'unknown', undefined])
  assert.match(ran.end.live[1]!.next ?? '', /^ssh .*readlink .*current/)
})

test('a host lost after the switch exits 7, and the new release is live', async () => {
  for (const how of [undefined, 'forGood'] as const) {
    const ran = await fleet.run(['deploy'], { config: held('deploy:published'), onEvent: (event) => inHold(event) && fleet.cut('b', how) })
    fleet.mend('b')
    assert.equal(ran.exit, 7)
    const release = ran.events.find((event) => event.type === 'deploy')!.release
    assert.deepEqual(table(ran), [
      ['a', 'switched', release],
      ['b', 'switched', release],
    ])
    assert.equal(ran.failures.length, 1)
  }
})

test('a host lost between two waves is a failure', async () => {
  const ran = await fleet.run(['one', 'two'], {
    config: { tasks: { one: { on: 'local', steps: () => [sh`sleep 0.5`] }, two: { on: 'all', steps: () => [sh`echo two`] } } },
    onEvent: (event) => event.type === 'step:start' && event.task === 'one' && fleet.cut('b', 'forGood'),
  })
  assert.equal(ran.exit, 3)
  assert.deepEqual(
    ran.failures.map(({ host }) => host),
    ['b'],
  )
  assert.match(ran.failures[0]!.reason, /connection was lost/)
  assert.match(ran.failures[0]!.hint ?? '', /run the command again/)
})

test('a host lost while its facts are read is reported once', async () => {
  const ran = await fleet.run(['deploy'], {
    onEvent: (event) => event.type === 'host:connected' && event.host === 'b' && fleet.cut('b', 'forGood'),
  })
  assert.equal(ran.exit, 3)
  assert.deepEqual(
    ran.failures.map(({ host }) => host),
    ['b'],
    JSON.stringify(ran.failures),
  )
})
