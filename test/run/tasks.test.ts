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

test('a code task runs commands on the hosts that it selects, and on this machine', async () => {
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
  // a no is an answer, and does not count as a tolerated failure
  const asked = ran.events.filter((event) => event.type === 'step:start' && event.command.includes('/nothing'))
  assert.deepEqual(
    asked.map((event) => event.type === 'step:start' && event.captured),
    [true, true],
  )
  assert.ok(!ran.events.some((event) => event.type === 'log' && event.level === 'warn'))
})

test('a failure in a code task is reported once, with the command, the host and the last lines of output', async () => {
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

test('tasks run in the order typed, and local and primary tasks wait for the ones before', async () => {
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

test('a limit lets that many hosts run at a time, and all of them succeed', async () => {
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

test('a filter narrows a run, and a task that then runs nowhere is an error', async () => {
  const config = { tasks: { hi: { on: 'db', steps: () => [sh`echo hi`] }, both: { steps: () => [sh`echo both`] } } }
  assert.deepEqual(lines(await fleet.run(['both'], { config, filter: { hosts: 'b' } })), ['b: both'])
  await assert.rejects(fleet.run(['hi'], { config, filter: { hosts: 'b' } }), {
    message: 'hi runs on no host',
    hint: 'no host that the filters left has the role that it runs on',
    exit: 2,
  })
})

test('a task whose role no host has is an error that does not mention filters', async () => {
  const config = { tasks: { hi: { on: { roles: [] }, steps: () => [sh`echo hi`] } } }
  await assert.rejects(fleet.run(['hi'], { config }), { hint: 'no host of test has the role that it runs on', exit: 2 })
})

test('a task whose `where` is false for every host is an error that says so, typed or required', async () => {
  const none = { roles: ['app'], where: () => false }
  const task = (on: object) => ({ tasks: { cron: { on, steps: () => [sh`true`] } } })
  const why = 'its `where` is false for every host with the role app: a, b'
  await assert.rejects(fleet.run(['cron'], { config: task(none) }), { message: 'cron runs on no host', hint: why, exit: 2 })
  await assert.rejects(fleet.run(['cron'], { config: task({ ...none, required: true }) }), {
    message: `the task cron: no host is left, but one is required: ${why}`,
    exit: 2,
  })
  await assert.rejects(fleet.run(['cron'], { config: task(none), filter: { hosts: 'b' } }), {
    hint: 'its `where` is false for every host with the role app that the filters left: b',
  })
})

test('a hook whose `where` is false for every host is skipped, and plan and run say so once', async () => {
  const cron = { on: { roles: ['app'], where: () => false }, steps: () => [sh`true`] }
  const config = { tasks: { cron, base: { steps: () => [sh`true`] } }, hooks: { before: { base: 'cron' }, after: { base: 'cron' } } }
  const note = 'cron does not run: its `where` is false for every host with the role app: a, b'
  const ran = await fleet.run(['base'], { config })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(
    ran.events.flatMap((event) => (event.type === 'log' ? [event.message] : [])),
    [note],
  )
  let title = ''
  await fleet.run(['base'], { config, planOnly: true, onTitle: (text) => (title = text) })
  assert.equal(title.split(note).length, 2)
})

test("a command's env wins over the stage's, and sudo gets neither", async () => {
  const ran = await fleet.run(['env'], {
    config: { env: { A: 'stage', B: 'stage' }, tasks: { env: { on: 'db', steps: () => [sh`echo $A $B`.env({ B: 'own' })] } } },
  })
  assert.deepEqual(lines(ran), ['a: stage own'])
})

test('a failure that was tolerated is repeated with its command, or its title, unless a named exit code makes its text a warning', async () => {
  const quiet = sh`exit 4`.allowFailure()
  const titled = sh`echo later >&2; exit 5`.title('look for it').allowFailure()
  const named = sh`echo 'it had to be killed' >&2; exit 6`.title('see how it ended').allowFailure({ codes: [6] })
  const config = { tasks: { go: { steps: () => [sh`echo careful >&2; exit 3`.allowFailure(), quiet, titled, named] } } }
  const { end } = await fleet.run(['go'], { config, filter: { hosts: ['a'] } })
  assert.deepEqual(
    end.warnings?.map(({ message }) => message),
    ['echo careful >&2; exit 3: exit 3\ncareful', 'exit 4: exit 4', 'look for it: exit 5\nlater', 'it had to be killed'],
  )
})

test('a warning that several steps print in the same words is repeated once per host', async () => {
  const careful = { steps: () => [sh`echo careful >&2; exit 1`.allowFailure()] }
  const config = { tasks: { one: careful, two: careful, other: { steps: () => [sh`echo elsewhere >&2; exit 1`.allowFailure()] } } }
  const ran = await fleet.run(['one', 'two', 'other'], { config })
  const told = ran.events.flatMap((event) => (event.type === 'log' && event.level === 'warn' ? [`${event.host} ${event.message}`] : []))
  assert.deepEqual(told.toSorted(), [...new Set(told)].sort())
  assert.equal(told.length, 2 * new Set(told.map((text) => text.split(' ')[0])).size)
})
