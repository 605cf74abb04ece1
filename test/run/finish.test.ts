import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { startFleet, stateOf, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())
beforeEach(() => rmSync(fleet.on('a', '.'), { recursive: true, force: true }))

const broken = (on: string) => ({ tasks: { broken: { steps: () => [sh`exit 9`] } }, hooks: { after: { [on]: 'broken' } } })

test('the command printed after exit 7 makes the release good, and the log counts it as the same deploy', async () => {
  const failed = await fleet.run(['deploy'], { config: broken('deploy:published') })
  const live = fleet.live('a')!
  assert.deepEqual(
    [failed.exit, failed.end.next],
    [
      7,
      [{ command: 'shipit test broken' }, { command: `shipit test deploy:rollback --release ${live}`, why: 'to make this release good' }],
    ],
  )
  assert.equal(stateOf(fleet, 'a', live), 'doubtful')
  const finished = await fleet.run(['deploy:rollback'], { release: live })
  assert.deepEqual([finished.exit, finished.end.live.map(({ release, state }) => [release, state])], [0, [[live, 'same']]])
  assert.equal(stateOf(fleet, 'a', live), 'good')
  const log = readFileSync(fleet.on('a', 'revisions.log'), 'utf8')
  assert.match(log, new RegExp(`^anna finished release ${live}$`, 'm'))
  assert.doesNotMatch(log, /rolled back/)
  const { findings } = await fleet.run([], { doctor: true })
  assert.ok(findings.every(({ message }) => !message.includes('doubtful')))
})

test('a failed first deploy says that nothing is live yet, and a later one that the live release still is', async () => {
  assert.match((await fleet.run(['deploy'], { config: broken('deploy:updated') })).end.headline, /failed; nothing is live yet$/)
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  assert.match((await fleet.run(['deploy'], { config: broken('deploy:updated') })).end.headline, /failed; what was live is still live$/)
})

test('a deploy to a folder that cannot be created says that it did not happen, without a table', async () => {
  const { exit, end } = await fleet.run(['deploy'], { config: { deployTo: '/proc/no/such' } })
  assert.deepEqual([exit, end.headline, end.live], [1, 'the deploy did not happen', []])
})

test('a rollback to a release with the live commit says so, like a deploy', async () => {
  for (let i = 0; i < 2; i++) assert.equal((await fleet.run(['deploy'])).exit, 0)
  const same = (ran: Awaited<ReturnType<Fleet['run']>>) =>
    ran.events.some((event) => event.type === 'log' && /^[0-9a-f]{7} is the commit that is already live$/.test(event.message))
  assert.ok(same(await fleet.run(['deploy:rollback'])))
  assert.ok(!same(await fleet.run(['deploy:rollback'], { release: fleet.live('a')! })), 'the live release is no other one')
})
