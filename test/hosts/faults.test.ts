import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { cannot, deployed, exits, hosts, phases, project, shipit, spawnShipit, text, wipe } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

/** Each fault on a pair of its own, and all at the same time: most of it is waiting for an answer that does not come. */
describe('hosts that fall silent', { skip: cannot(), concurrency: 3 }, () => {
  const all = hosts('h1', 'h2', 'h3', 'h4', 'h5', 'h6')
  before(async () => {
    const every = Object.values(all)
    await wipe(...every)
    await Promise.all(every.map(phases.install))
  })
  const pair = async (well: LabHost, ill: LabHost): Promise<Project> => {
    const p = project({ servers: { [well.name]: ['app'], [ill.name]: ['app'] }, phases: true })
    exits(await shipit(p, ['production', 'deploy']), 0)
    return p
  }

  test('one that cannot be reached is named, exits 3, and nothing is begun on the other', async (t) => {
    const [well, ill] = [all.h1, all.h2]
    const p = await pair(well, ill)
    t.after(p.remove)
    const was = await deployed(well)
    await ill.fault('cut')
    const outcome = await shipit(p, ['production', 'deploy']).finally(() => ill.fault('heal'))
    exits(outcome, 3)
    assert.match(text(outcome), /"failure":\{"host":"h2"/)
    assert.deepEqual(await deployed(well), was)
    exits(await shipit(p, ['production', 'deploy']), 0)
  })

  test('one that accepts the connection and then hangs is named, exits 3, and nothing is begun on the other', async (t) => {
    const [well, ill] = [all.h3, all.h4]
    const p = await pair(well, ill)
    t.after(p.remove)
    const was = await deployed(well)
    await ill.fault('freeze')
    const outcome = await shipit(p, ['production', 'deploy'], { deadline: 150_000 }).finally(() => ill.fault('thaw'))
    exits(outcome, 3)
    assert.match(text(outcome), /"failure":\{"host":"h4"/)
    assert.deepEqual(await deployed(well), was)
    exits(await shipit(p, ['production', 'deploy']), 0)
  })

  test('one that loses power in the middle stops the deploy; nothing is switched, and after its boot the next deploy works', async (t) => {
    const [well, ill] = [all.h5, all.h6]
    const p = await pair(well, ill)
    t.after(p.remove)
    const was = await deployed(well)
    await phases.hold(ill, 'updating')
    const run = spawnShipit(p, ['production', 'deploy'], { deadline: 150_000 })
    await run.event((e) => e.type === 'step:start' && e.task === 'phase:updating' && e.host === ill.name)
    await ill.fault('crash')
    const outcome = await run.done
    exits(outcome, 3)
    assert.match(text(outcome), /"failure":\{"host":"h6"/)
    assert.deepEqual(await deployed(well), was)
    await ill.boot()
    await phases.clear(ill)
    exits(await shipit(p, ['production', 'deploy']), 0)
    assert.equal((await deployed(ill)).live, (await deployed(well)).live)
  })
})
