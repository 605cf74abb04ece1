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

test('the next step after exit 7 makes the release good, and is logged as the end of that deploy, not as a rollback or a new release', async () => {
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

test('a first deploy that fails says that nothing is live yet, a later one that what was live still is', async () => {
  assert.match((await fleet.run(['deploy'], { config: broken('deploy:updated') })).end.headline, /failed; nothing is live yet$/)
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  assert.match((await fleet.run(['deploy'], { config: broken('deploy:updated') })).end.headline, /failed; what was live is still live$/)
})

test('a rollback to a release of the commit that is live says so, as a deploy does', async () => {
  for (let i = 0; i < 2; i++) assert.equal((await fleet.run(['deploy'])).exit, 0)
  const same = (ran: Awaited<ReturnType<Fleet['run']>>) =>
    ran.events.some((event) => event.type === 'log' && /^[0-9a-f]{7} is the same commit that is live$/.test(event.message))
  assert.ok(same(await fleet.run(['deploy:rollback'])))
  assert.ok(!same(await fleet.run(['deploy:rollback'], { release: fleet.live('a')! })), 'the live release is no other one')
})
