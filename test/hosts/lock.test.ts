import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { cannot, deployed, exits, hosts, phases, project, said, shipit, spawnShipit, text, wipe } from './harness.ts'

describe('two deploys at once', { skip: cannot() }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  before(async () => {
    await wipe(h1, h2)
    await Promise.all([h1, h2].map(phases.install))
  })

  test('leave the first undisturbed, and the second exits 4 with who deploys since when', async (t) => {
    const p = project({ servers: { h1: ['app'], h2: ['app'] }, phases: true })
    t.after(p.remove)
    await phases.hold(h1, 'updating')
    const first = spawnShipit(p, ['production', 'deploy'], { env: { USER: 'alice', LOGNAME: 'alice' } })
    await first.event((e) => e.type === 'step:start' && e.task === 'phase:updating' && e.host === 'h1')
    const second = await shipit(p, ['production', 'deploy'], { env: { USER: 'bob', LOGNAME: 'bob' } })
    exits(second, 4)
    assert.match(text(second), /alice/)
    assert.match(text(second), /since|ago|\d\d:\d\d/)
    const rollback = await shipit(p, ['production', 'deploy:rollback'])
    exits(rollback, 4)
    await phases.clear(h1)
    exits(await first.done, 0)
    const [one, two] = await Promise.all([deployed(h1), deployed(h2)])
    assert.equal(one.releases.length, 1)
    assert.equal(one.live, two.live)
  })

  test('let exactly one win if they start at the same moment, and the other exits 4', async (t) => {
    const p = project({ servers: { h1: ['app'], h2: ['app'] }, phases: true })
    t.after(p.remove)
    // a deploy without changes ends before the other has asked twice: the winner waits for the loser
    await phases.hold(h1, 'updating')
    const runs = [spawnShipit(p, ['production', 'deploy']), spawnShipit(p, ['production', 'deploy'])]
    const loser = await Promise.race(runs.map((run) => run.done))
    exits(loser, 4)
    await phases.clear(h1)
    const outcomes = await Promise.all(runs.map((run) => run.done))
    assert.deepEqual(outcomes.map((outcome) => outcome.code).toSorted(), [0, 4], outcomes.map(said).join('\n'))
    const [one, two] = await Promise.all([deployed(h1), deployed(h2)])
    assert.equal(one.live, two.live)
  })
})
