import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fullPlan } from '../../src/plan/print-full.ts'
import { sh } from '../../src/shell/sh.ts'
import type { AnyTask, StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b', 'c'])
})
after(() => fleet.stop())

const task = (rolling: NonNullable<AnyTask['rolling']>, fails?: string): AnyTask => ({
  on: 'all',
  rolling,
  steps: ({ host }: StepsContext) => [sh`echo in; test ${host.name} != ${fails ?? ''}`],
})
type Ran = Awaited<ReturnType<Fleet['run']>>
const waves = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'wave:start' ? [`${event.title}: ${event.hosts.join(' ')}`] : []))
const reached = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'step:output' ? [event.host] : []))

const reachedBy = (ran: Ran, name: string) =>
  ran.events.flatMap((event) => (event.type === 'step:output' && event.task === name ? [`${event.host}: ${event.line}`] : []))

test('a rolling task runs share by share, in the order of the inventory', async () => {
  const ran = await fleet.run(['go'], { config: { tasks: { go: task({ size: '50%' }) } } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(waves(ran), ['go, 1 of 2: a b', 'go, 2 of 2: c'])
  const start = (host: string) => ran.events.findIndex((event) => event.type === 'step:start' && event.host === host)
  const end = (host: string) => ran.events.findIndex((event) => event.type === 'step:end' && event.host === host)
  assert.ok(end('a') < start('c') && end('b') < start('c'))
})

test('a rolling task begins when earlier tasks have ended everywhere, and later tasks wait for its last share', async () => {
  const before = { on: 'all', steps: () => [sh`echo in`] }
  const ran = await fleet.run(['go'], {
    config: { tasks: { go: task({ size: 2 }), first: before, last: before }, hooks: { before: { go: 'first' }, after: { go: 'last' } } },
  })
  assert.deepEqual(waves(ran), ['first: a b c', 'go, 1 of 2: a b', 'go, 2 of 2: c', 'last: a b c'])
})

test('a share that fails keeps the next from beginning, and its other hosts finish', async () => {
  const ran = await fleet.run(['go'], { config: { tasks: { go: task({ size: 2 }, 'a') } } })
  assert.equal(ran.exit, 1)
  assert.deepEqual(
    ran.failures.map((failure) => failure.host),
    ['a'],
  )
  assert.deepEqual(reached(ran).sort(), ['a', 'b'])
})

test('a rolling task waits between two shares, and says so', async () => {
  const ran = await fleet.run(['go'], { config: { tasks: { go: task(() => ({ size: 1, wait: '30ms' })) } } })
  assert.deepEqual(reached(ran), ['a', 'b', 'c'])
  const said = ran.events.flatMap((event) => (event.type === 'log' ? [event.message] : []))
  assert.deepEqual(said, ['30ms until go, 2 of 3', '30ms until go, 3 of 3'])
})

test('a rolling size of all hosts, a function that returns undefined, and a single host make one wave', async () => {
  for (const rolling of [{ size: 3 }, { size: 10 }, () => undefined] as const)
    assert.deepEqual(waves(await fleet.run(['go'], { config: { tasks: { go: task(rolling) } } })), ['go: a b c'])
})

test('a wrong size from a function is a mistake with its location before anything is connected', async () => {
  const wrong = fleet.run(['go'], { config: { tasks: { go: task(() => ({ size: '0%' })) } } })
  await assert.rejects(wrong, { name: 'ShipitError', exit: 2, message: /rolling of the task go: .*is not a share of the hosts/ })
})

test('rolling on a code task or a sequence is refused', async () => {
  for (const own of [{ run: () => {} }, { sequence: ['other'] }]) {
    const tasks = { go: { ...own, rolling: { size: 1 } }, other: { steps: () => [] } }
    await assert.rejects(fleet.run(['go'], { config: { tasks } }), { exit: 2, message: /go has rolling, which is for tasks with steps/ })
  }
})

test('shares are made of the hosts that pass the filters and have a step to run', async () => {
  const config = { tasks: { go: task({ size: '50%' }) } }
  assert.deepEqual(waves(await fleet.run(['go'], { config, filter: { hosts: 'b,c' } })), ['go, 1 of 2: b', 'go, 2 of 2: c'])
  assert.deepEqual(waves(await fleet.run(['go'], { config, filter: { hosts: 'b' } })), ['go: b'])
  const idle: AnyTask = { on: 'all', rolling: { size: 1, wait: '1m' }, steps: ({ host }: StepsContext) => [host.name === 'b' && sh`true`] }
  assert.deepEqual(waves(await fleet.run(['go'], { config: { tasks: { go: idle } } })), ['go: b'])
})

test('a plan shows the shares and the wait between them', async () => {
  const config = { tasks: { go: task({ size: 2, wait: '90s' }) } }
  const { plan } = await fleet.run(['go'], { config, planOnly: true })
  const headings = fullPlan(plan!, 'plan')
    .split('\n')
    .filter((line) => /^\d/.test(line))
  assert.deepEqual(headings, ['1. go, 1 of 2', '2. go, 2 of 2, 1m 30s later'])
})

test('Ctrl-C ends the wait between two shares', async () => {
  const ran = await fleet.run(['go'], {
    config: { tasks: { go: task({ size: 2, wait: '1h' }) } },
    onEvent: (event, interrupt) => event.type === 'log' && event.message.endsWith(' until go, 2 of 2') && interrupt('SIGINT'),
  })
  assert.equal(ran.exit, 130)
  assert.deepEqual(reached(ran).sort(), ['a', 'b'])
  assert.deepEqual(ran.failures, [])
})

test("deploy:failed knows each host's progress in a rolling task, and runs on all hosts at once", async () => {
  const told: AnyTask = {
    on: 'all',
    rolling: { size: 1, wait: '1h' },
    steps: ({ failure }: StepsContext) => [sh`echo ${`${failure?.ran('go')} ${failure?.ran('first')} ${failure?.published}`}`],
  }
  const first: AnyTask = { on: 'all', steps: () => [sh`true`] }
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: { first, go: task({ size: 1 }, 'b'), told },
      hooks: { after: { 'deploy:published': ['first', 'go'], 'deploy:failed': 'told' } },
    },
  })
  assert.equal(ran.exit, 7)
  assert.deepEqual(reachedBy(ran, 'go'), ['a: in', 'b: in'])
  assert.deepEqual(reachedBy(ran, 'told').sort(), ['a: done done true', 'b: failed done true', 'c: no done true'])
  assert.deepEqual(
    waves(ran).filter((title) => !/^(check|prepare|publish)/.test(title)),
    ['finish: a b c', 'go, 1 of 3: a', 'go, 2 of 3: b', 'clean up: a b c'],
  )
})

test('a share that fails before the switch cancels its other hosts, and nothing is published', async () => {
  const before = ['a', 'b', 'c'].map((host) => fleet.live(host))
  const go: AnyTask = { on: 'all', rolling: { size: 2 }, steps: ({ host }: StepsContext) => [host.name === 'a' ? sh`false` : sh`sleep 60`] }
  const ran = await fleet.run(['deploy'], { config: { tasks: { go }, hooks: { before: { 'deploy:updated': 'go' } } } })
  assert.equal(ran.exit, 1)
  const ends = ran.events.flatMap((event) => (event.type === 'step:end' && event.task === 'go' ? [`${event.host} ${event.status}`] : []))
  assert.deepEqual(ends.sort(), ['a failed', 'b cancelled'])
  assert.deepEqual(
    ['a', 'b', 'c'].map((host) => fleet.live(host)),
    before,
  )
})
