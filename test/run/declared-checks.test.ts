import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())

const config = (hooks: object) => ({
  tasks: {
    turn: { check: 'look', steps: () => [sh`true`] },
    look: { steps: () => [sh`echo it cannot be turned >&2; exit 3`] },
  },
  hooks,
})

test("a task's `check` runs before anything is changed: in a deploy, a rollback, and a deploy:check by itself", async () => {
  for (const tasks of [['deploy'], ['deploy:check']]) {
    const ran = await fleet.run(tasks, { config: config({ after: { 'deploy:published': 'turn' } }) })
    assert.equal(ran.exit, 1)
    assert.deepEqual(ran.failures[0]?.output, ['it cannot be turned'])
    assert.equal(fleet.live('a'), undefined)
  }
  assert.equal((await fleet.run(['deploy'], { config: config({}) })).exit, 0)
  const live = fleet.live('a')
  assert.equal((await fleet.run(['deploy'], { config: config({ after: { 'deploy:reverted': 'turn' } }) })).exit, 1)
  assert.equal(fleet.live('a'), live)
})

test('a check that is also a hook before deploy:check runs once', async () => {
  const ran = await fleet.run(['deploy:check'], {
    config: config({ before: { 'deploy:check': 'look' }, after: { 'deploy:published': 'turn' } }),
  })
  assert.equal(ran.events.filter((event) => event.type === 'step:start' && event.task === 'look').length, 1)
})

test('a typed task that no hook has runs without its check', async () => {
  assert.equal((await fleet.run(['turn'], { config: config({}) })).exit, 0)
})
