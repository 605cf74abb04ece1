import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
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

test('a rolling task goes through its hosts share by share, in the order of the inventory', async () => {
  const ran = await fleet.run(['go'], { config: { tasks: { go: task({ size: '50%' }) } } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(waves(ran), ['go, 1 of 2: a b', 'go, 2 of 2: c'])
  const start = (host: string) => ran.events.findIndex((event) => event.type === 'step:start' && event.host === host)
  const end = (host: string) => ran.events.findIndex((event) => event.type === 'step:end' && event.host === host)
  assert.ok(end('a') < start('c') && end('b') < start('c'))
})

test('what comes before it has ended everywhere, and what comes after it waits for the last share', async () => {
  const before = { on: 'all', steps: () => [sh`echo in`] }
  const ran = await fleet.run(['go'], {
    config: { tasks: { go: task({ size: 2 }), first: before, last: before }, hooks: { before: { go: 'first' }, after: { go: 'last' } } },
  })
  assert.deepEqual(waves(ran), ['first: a b c', 'go, 1 of 2: a b', 'go, 2 of 2: c', 'last: a b c'])
})

test('a share that fails keeps the next from beginning; the other hosts of it come to their end', async () => {
  const ran = await fleet.run(['go'], { config: { tasks: { go: task({ size: 2 }, 'a') } } })
  assert.equal(ran.exit, 1)
  assert.deepEqual(
    ran.failures.map((failure) => failure.host),
    ['a'],
  )
  assert.deepEqual(reached(ran).sort(), ['a', 'b'])
})

test('between two shares it waits as long as was said, and says so', async () => {
  const ran = await fleet.run(['go'], { config: { tasks: { go: task(() => ({ size: 1, wait: '30ms' })) } } })
  assert.deepEqual(reached(ran), ['a', 'b', 'c'])
  const said = ran.events.flatMap((event) => (event.type === 'log' ? [event.message] : []))
  assert.deepEqual(said, ['30ms until go, 2 of 3', '30ms until go, 3 of 3'])
})

test('a size that holds all hosts, a function that gives none, and a single host make one plain wave', async () => {
  for (const rolling of [{ size: 3 }, { size: 10 }, () => undefined] as const)
    assert.deepEqual(waves(await fleet.run(['go'], { config: { tasks: { go: task(rolling) } } })), ['go: a b c'])
})

test('a size that a function makes wrong is a mistake before anything runs, with its place', async () => {
  const ran = await fleet.run(['go'], { config: { tasks: { go: task(() => ({ size: '0%' })) } } })
  assert.equal(ran.exit, 2)
  assert.match(ran.failures[0]!.reason, /rolling of the task go: .*no share of the hosts/)
  assert.deepEqual(reached(ran), [])
})
