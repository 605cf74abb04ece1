import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import type { RunContext, StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

const lines = (ran: Awaited<ReturnType<Fleet['run']>>) =>
  ran.events.flatMap((event) => (event.type === 'step:output' ? [`${event.host}: ${event.line}`] : []))

test('a run task looks before it acts, on the hosts that it selects', async () => {
  const said: string[] = []
  const ran = await fleet.run(['look'], {
    config: {
      tasks: {
        look: {
          run: async ({ on, local, log, primary }: RunContext) => {
            const homes = await on('all', async (host) => {
              const home = await host.capture`echo "$HOME"`
              if (await host.test`test -d ${home}/nothing`) throw new Error('no')
              await host.run`mkdir -p ${home}/made`
              await host.steps([sh`rmdir ${home}/made`, sh`true`])
              return home
            })
            for (const [host, home] of homes) said.push(`${host.name} ${home.endsWith(`/${host.name}`)}`)
            said.push(await local.capture`echo here`, primary('app')!.name)
            log.info('done')
          },
        },
      },
    },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(said, ['a true', 'b true', 'here', 'a'])
  assert.ok(ran.events.some((event) => event.type === 'log' && event.message === 'done'))
  // a no is an answer: nothing counts it as a failure that was tolerated
  const asked = ran.events.filter((event) => event.type === 'step:start' && event.command.includes('/nothing'))
  assert.deepEqual(
    asked.map((event) => event.type === 'step:start' && event.captured),
    [true, true],
  )
  assert.ok(!ran.events.some((event) => event.type === 'log' && event.level === 'warn'))
})

test('a failure in a run task tells the command, the host and its last words, once', async () => {
  const ran = await fleet.run(['look'], {
    config: {
      tasks: { look: { run: async ({ on }: RunContext) => void (await on('db', (host) => host.run`echo no such thing >&2; exit 4`)) } },
    },
  })
  assert.equal(ran.exit, 1)
  assert.equal(ran.failures.length, 1)
  assert.equal(ran.failures[0]!.host, 'a')
  assert.match(ran.failures[0]!.reason, /exit 4\nno such thing/)
  const failed = await fleet.run(['stop'], {
    config: { tasks: { stop: { run: ({ fail }: RunContext) => fail('not on Fridays', { hint: 'wait' }) } } },
  })
  assert.deepEqual([failed.failures[0]!.reason, failed.failures[0]!.hint], ['not on Fridays', 'wait'])
})

test('tasks run left to right; local tasks and primary tasks wait for what was before them', async () => {
  const ran = await fleet.run(['one', 'two', 'three', 'four'], {
    config: {
      tasks: {
        one: { steps: ({ host }: StepsContext) => [host.name === 'b' && sh`sleep 0.3`, sh`echo one`] },
        two: { on: 'local', steps: () => [sh`echo two`] },
        three: { on: { roles: ['app'], primary: true }, steps: () => [sh`echo three`] },
        four: { on: 'all', steps: () => [sh`echo four`] },
      },
    },
  })
  assert.equal(ran.exit, 0)
  const said = lines(ran)
  assert.deepEqual(said.slice(0, 4).sort(), ['a: one', 'a: three', 'b: one', 'local: two'])
  assert.deepEqual(said.slice(2, 4), ['local: two', 'a: three'])
})

test('a limit lets so many hosts in at a time, and all of them come through', async () => {
  let at = 0
  let most = 0
  const waited = new Set<string>()
  const names = ['h1', 'h2', 'h3', 'h4']
  const big = await startFleet(names)
  try {
    const ran = await big.run(['deploy'], {
      config: { git: { limit: 2 } },
      onEvent: (event) => {
        if (event.type === 'task:start' && event.task === 'git:clone') most = Math.max(most, ++at)
        if (event.type === 'task:end' && event.task === 'git:create_release') at--
        if (event.type === 'host:waiting') waited.add(event.host)
      },
    })
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    assert.ok(most <= 2, `${most} at a time`)
    assert.ok(waited.size >= 2, 'the hosts that wait for their turn are shown so')
    assert.equal(new Set(names.map((name) => big.live(name))).size, 1)
  } finally {
    await big.stop()
  }
})

test('filters narrow a run; a task that then runs nowhere is an error', async () => {
  const config = { tasks: { hi: { on: 'db', steps: () => [sh`echo hi`] }, both: { steps: () => [sh`echo both`] } } }
  assert.deepEqual(lines(await fleet.run(['both'], { config, filter: { hosts: 'b' } })), ['b: both'])
  await assert.rejects(fleet.run(['hi'], { config, filter: { hosts: 'b' } }), {
    message: 'hi runs on no host',
    hint: 'no host that the filters left has the role that it runs on',
    exit: 2,
  })
})

test('a task whose role no host of the stage has is an error that does not speak of filters', async () => {
  const config = { tasks: { hi: { on: { roles: [] }, steps: () => [sh`echo hi`] } } }
  await assert.rejects(fleet.run(['hi'], { config }), { hint: 'no host of test has the role that it runs on', exit: 2 })
})

test('the environment of the stage is under that of a command, and not in front of sudo', async () => {
  const ran = await fleet.run(['env'], {
    config: { env: { A: 'stage', B: 'stage' }, tasks: { env: { on: 'db', steps: () => [sh`echo $A $B`.env({ B: 'own' })] } } },
  })
  assert.deepEqual(lines(ran), ['a: stage own'])
})

test('a warning that several steps of a run print in the same words is repeated once a host', async () => {
  const careful = { steps: () => [sh`echo careful >&2; exit 1`.allowFailure()] }
  const config = { tasks: { one: careful, two: careful, other: { steps: () => [sh`echo elsewhere >&2; exit 1`.allowFailure()] } } }
  const ran = await fleet.run(['one', 'two', 'other'], { config })
  const told = ran.events.flatMap((event) => (event.type === 'log' && event.level === 'warn' ? [`${event.host} ${event.message}`] : []))
  assert.deepEqual(told.toSorted(), [...new Set(told)].sort())
  assert.equal(told.length, 2 * new Set(told.map((text) => text.split(' ')[0])).size)
})
