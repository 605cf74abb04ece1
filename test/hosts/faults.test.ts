import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { cannot, deployed, exits, hosts, phases, project, shipit, spawnShipit, text, wipe } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

/** Each fault has its own pair of hosts, and all run at once: mostly they wait for an answer that never arrives. */
describe('a host that falls silent', { skip: cannot(), concurrency: 3 }, () => {
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

  test('is named with exit 3 if it is unreachable, and nothing begins on the other host', async (t) => {
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

  test('is named with exit 3 if it hangs after the connection, and nothing begins on the other host', async (t) => {
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

  test('stops the deploy if it loses power during it, and the next deploy works after its boot', async (t) => {
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
