import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import {
  beforePublishing,
  cannot,
  deployTo,
  deployed,
  exits,
  hosts,
  phaseNames,
  phases,
  project,
  shipit,
  spawnShipit,
  text,
  wipe,
} from './harness.ts'
import type { Project } from './harness.ts'

describe('two hosts', { skip: cannot() }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  let p: Project
  before(async () => {
    p = project({ servers: { h1: ['app'], h2: ['app'] }, phases: true })
    await Promise.all([h1, h2].map(phases.install))
  })
  after(() => p.remove())
  beforeEach(() => wipe(h1, h2))
  const both = () => Promise.all([deployed(h1), deployed(h2)])

  /** Deploys successfully to both hosts. */
  const deploys = async (): Promise<string> => {
    exits(await shipit(p, ['production', 'deploy']), 0)
    const [one, two] = await both()
    assert.ok(one.live)
    assert.deepEqual([one.live, one.revision], [two.live, two.revision])
    return one.live
  }

  for (const phase of phaseNames) {
    const early = beforePublishing.includes(phase)
    test(`a failure on one in deploy:${phase} ${early ? 'changes nothing on either' : 'leaves the new release live on both, with exit 7'}`, async () => {
      await deploys()
      const was = await both()
      await phases.fail(h2, phase)
      const outcome = await shipit(p, ['production', 'deploy'])
      exits(outcome, early ? 1 : 7)
      const failures = outcome.events.filter((e) => e.type === 'failure')
      assert.deepEqual(
        failures.map((e) => e.type === 'failure' && [e.failure.host, e.failure.task]),
        [['h2', `phase:${phase}`]],
      )
      assert.match(text(outcome), new RegExp(`told to fail in ${phase}`))
      const now = await both()
      if (early) assert.deepEqual(now, was)
      else {
        assert.equal(now[0].live, now[1].live)
        assert.notEqual(now[0].live, was[0].live)
      }
      await phases.clear(h2)
      const next = await deploys()
      assert.notEqual(next, now[0].live)
    })
  }

  test('a refused switch on one exits 6 and says which host is on which release', async () => {
    const first = await deploys()
    const second = await deploys()
    await phases.hold(h2, 'updated')
    const run = spawnShipit(p, ['production', 'deploy'])
    await run.event((e) => e.type === 'step:start' && e.task === 'phase:updated' && e.host === 'h2')
    await h2.sh(`ln -sfn ${deployTo}/releases/${first} ${deployTo}/current`)
    await phases.clear(h2)
    const outcome = await run.done
    exits(outcome, 6)
    const [one, two] = await both()
    assert.equal(two.live, first)
    assert.notEqual(one.live, second)
    const end = outcome.events.find((e) => e.type === 'run:end')
    assert.ok(end?.type === 'run:end')
    assert.deepEqual(end.live.map((l) => [l.host, l.release]).toSorted(), [
      ['h1', one.live],
      ['h2', first],
    ])
    assert.ok(end.next.length > 0, 'it does not say what to type')
    await deploys()
  })

  test('--hosts narrows a deploy to one of them', async () => {
    exits(await shipit(p, ['production', 'deploy', '--hosts', 'h1']), 0)
    const [one, two] = await both()
    assert.ok(one.live)
    assert.equal(two.live, undefined)
  })

  test('a rollback is refused if they differ, unless --release names the release', async () => {
    await deploys()
    const second = await deploys()
    exits(await shipit(p, ['production', 'deploy', '--hosts', 'h1']), 0)
    const was = await both()
    const outcome = await shipit(p, ['production', 'deploy:rollback'])
    assert.notEqual(outcome.code, 0)
    assert.match(text(outcome), /--release/)
    assert.deepEqual(await both(), was)
    exits(await shipit(p, ['production', 'deploy:rollback', '--release', second]), 0)
    assert.deepEqual(
      (await both()).map((host) => host.live),
      [second, second],
    )
  })
})
