import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import type { Command } from '../../src/shell/types.ts'
import type { StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})
after(() => fleet.stop())

const word = (c: StepsContext, task: string): string => `${c.failure?.ran(task)}`
const config = (second: (c: StepsContext) => Command) => ({
  tasks: {
    first: { steps: () => [sh`true`] },
    second: { recover: 'mend', steps: (c: StepsContext) => [second(c)] },
    mend: { steps: (c: StepsContext) => [sh`echo ${word(c, 'first')} ${word(c, 'second')} > ${c.paths.deployTo}/mended`] },
  },
})
const mended = (host: string): string | undefined => {
  const file = fleet.on(host, 'mended')
  if (!existsSync(file)) return undefined
  const said = readFileSync(file, 'utf8').trim()
  rmSync(file)
  return said
}

test('outside of a deploy the task in `recover` runs after a failure, and knows a task that failed from one that was done', async () => {
  const ran = await fleet.run(['first', 'second'], { config: config(({ host }) => (host.name === 'a' ? sh`exit 3` : sh`true`)) })
  assert.equal(ran.exit, 1)
  assert.equal(mended('a'), 'done failed')
  assert.equal(mended('b'), 'done done')
})

test('outside of a deploy the task in `recover` runs after an interrupt, and knows what was cut short', async () => {
  const ran = await fleet.run(['first', 'second'], {
    config: config(() => sh`sleep 60`),
    onEvent: (event, interrupt) => event.type === 'step:start' && event.task === 'second' && interrupt('SIGINT'),
  })
  assert.equal(ran.exit, 130)
  for (const host of ['a', 'b']) assert.match(mended(host) ?? '', /^done (started|no)$/)
})

const hooked = () => ({
  ...config(() => sh`true`),
  hooks: { before: { 'deploy:publishing': 'first' }, after: { 'deploy:published': 'second' } },
})

test('in a deploy the task in `recover` runs too, where no hook has it, also for what was yet to come', async () => {
  const failing = { ...hooked(), tasks: { ...hooked().tasks, first: { steps: () => [sh`exit 3`] } } }
  const ran = await fleet.run(['deploy'], { config: failing })
  assert.equal(ran.exit, 1)
  for (const host of ['a', 'b']) assert.match(mended(host) ?? '', /^(failed|started) no$/)
})

test('in a deploy the task in `recover` runs once where a hook of deploy:failed has it', async () => {
  const failing = { ...hooked(), tasks: { ...hooked().tasks, first: { steps: () => [sh`exit 3`] } } }
  const ran = await fleet.run(['deploy'], {
    config: { ...failing, hooks: { ...failing.hooks, after: { 'deploy:failed': 'mend', 'deploy:published': 'second' } } },
  })
  const began = ran.events.filter((event) => event.type === 'step:start' && event.task === 'mend')
  assert.equal(began.length, 2)
  for (const host of ['a', 'b']) assert.match(mended(host) ?? '', /^(failed|started) no$/)
})

test('a run that goes well has nothing to recover', async () => {
  assert.equal((await fleet.run(['second'], { config: config(() => sh`true`) })).exit, 0)
  assert.equal(mended('a'), undefined)
})

test('a step that was allowed to fail stands in the last lines of the run', async () => {
  const ran = await fleet.run(['warns'], {
    config: { tasks: { warns: { steps: () => [sh`echo jobs may be lost >&2; exit 1`.allowFailure(), sh`true`] } } },
  })
  assert.equal(ran.exit, 0)
  const told = ran.end.warnings?.toSorted((one, other) => `${one.host}`.localeCompare(`${other.host}`))
  assert.deepEqual(told, [
    { host: 'a', message: 'jobs may be lost' },
    { host: 'b', message: 'jobs may be lost' },
  ])
})

test('tasks that have no step to run are not reported as done', async () => {
  const ran = await fleet.run(['idle'], { config: { tasks: { idle: { steps: () => [] } } } })
  assert.equal(ran.exit, 0)
  assert.equal(ran.end.headline, 'nothing was done')
  assert.match(ran.end.warnings?.[0]?.message ?? '', /nothing to do: idle had no step to run/)
})
