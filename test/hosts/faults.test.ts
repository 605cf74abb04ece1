import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { cannot, deployed, exits, hosts, phases, project, shipit, spawnShipit, text, wipe } from './harness.ts'
import type { Project } from './harness.ts'

describe('hosts that fall silent', { skip: cannot() }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  let p: Project
  before(async () => {
    p = project({ servers: { h1: ['app'], h2: ['app'] }, phases: true })
    await wipe(h1, h2)
    await Promise.all([h1, h2].map(phases.install))
    exits(await shipit(p, ['production', 'deploy']), 0)
  })
  after(() => p.remove())
  afterEach(async () => {
    await phases.clear(h2)
  })
  const live = async () => (await deployed(h1)).live

  test('one that cannot be reached is named, exits 3, and nothing is begun on the other', async () => {
    const was = await deployed(h1)
    await h2.fault('cut')
    const outcome = await shipit(p, ['production', 'deploy']).finally(() => h2.fault('heal'))
    exits(outcome, 3)
    assert.match(text(outcome), /h2/)
    assert.deepEqual(await deployed(h1), was)
    exits(await shipit(p, ['production', 'deploy']), 0)
  })

  test('one that accepts the connection and then hangs is named and exits 3', async () => {
    const was = await live()
    await h2.fault('freeze')
    const outcome = await shipit(p, ['production', 'deploy']).finally(() => h2.fault('thaw'))
    exits(outcome, 3)
    assert.match(text(outcome), /h2/)
    assert.equal(await live(), was)
    exits(await shipit(p, ['production', 'deploy']), 0)
  })

  test('one that loses power in the middle stops the deploy; nothing is switched, and after its boot the next deploy works', async () => {
    const was = await deployed(h1)
    await phases.hold(h2, 'updating')
    const run = spawnShipit(p, ['production', 'deploy'], { deadline: 150_000 })
    await run.event((e) => e.type === 'step:start' && e.task === 'phase:updating' && e.host === 'h2')
    await h2.fault('crash')
    const outcome = await run.done
    exits(outcome, 3)
    assert.match(text(outcome), /h2/)
    assert.deepEqual(await deployed(h1), was)
    await h2.boot()
    await phases.clear(h2)
    exits(await shipit(p, ['production', 'deploy']), 0)
    assert.equal((await deployed(h2)).live, await live())
  })
})
