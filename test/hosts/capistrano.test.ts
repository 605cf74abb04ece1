import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import {
  cannot,
  cap,
  commit,
  deployTo,
  deployed,
  exits,
  hosts,
  installUnit,
  noCapistrano,
  project,
  shipit,
  sidekiqState,
  wipe,
} from './harness.ts'

describe('Capistrano 3.17.2 and shipit in turn on the same server', { skip: cannot() || noCapistrano() }, () => {
  const { h1 } = hosts('h1')
  beforeEach(() => wipe(h1))
  const live = async (): Promise<string> => (await deployed(h1)).live ?? ''

  test("shipit continues after Capistrano with its mirror and its log, and rolls back to Capistrano's release", async (t) => {
    const p = project()
    t.after(p.remove)
    exits(await cap(['deploy']), 0)
    const caps = await deployed(h1)
    const inode = await h1.sh(`stat -c %i ${deployTo}/repo/HEAD`)
    const revision = await commit('after Capistrano', { 'after.txt': 'capistrano\n' })
    exits(await shipit(p, ['production', 'deploy']), 0)
    const now = await deployed(h1)
    assert.equal(now.revision, revision)
    assert.deepEqual(now.releases, [caps.live, now.live])
    const shape = (line: string | undefined): string | undefined => line?.replace(/[0-9a-f]{40}/, 'SHA').replace(/\d{14}/, 'RELEASE')
    assert.equal(shape(now.log[1]), shape(caps.log[0]))
    assert.equal(await h1.sh(`stat -c %i ${deployTo}/repo/HEAD`), inode, 'the mirror was cloned anew')
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    assert.equal(await live(), caps.live)
  })

  test("Capistrano continues after shipit, and rolls back to shipit's release", async (t) => {
    const p = project()
    t.after(p.remove)
    exits(await shipit(p, ['production', 'deploy']), 0)
    const ours = await live()
    exits(await cap(['deploy']), 0)
    const caps = await live()
    assert.notEqual(caps, ours)
    exits(await cap(['deploy:rollback']), 0)
    assert.equal(await live(), ours)
    assert.equal((await deployed(h1)).log.at(-1), `tester rolled back to release ${ours}`)
    exits(await shipit(p, ['production', 'deploy']), 0)
    const next = await live()
    assert.ok(next > caps)
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    assert.equal(await live(), ours)
  })

  test('both keep the same number of releases and restart the same Sidekiq, in turn', async (t) => {
    const p = project({ use: "[bundler(), sidekiq({ serviceUnitUser: 'system' })]" })
    t.after(p.remove)
    await installUnit(h1, 'system')
    const all: string[] = []
    for (const turn of [1, 2]) {
      exits(await cap(['deploy'], { WITH: 'bundler,sidekiq' }), 0)
      all.push(await live())
      assert.equal((await sidekiqState(h1, 'system')).release, all.at(-1), `Capistrano, turn ${turn}`)
      exits(await shipit(p, ['production', 'deploy']), 0)
      all.push(await live())
      assert.equal((await sidekiqState(h1, 'system')).release, all.at(-1), `shipit, turn ${turn}`)
    }
    assert.deepEqual((await deployed(h1)).releases, all.slice(-3))
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    assert.equal(await live(), all.at(-2))
    assert.equal((await sidekiqState(h1, 'system')).release, all.at(-2))
  })

  test('a rollback does not go to a release that Capistrano did not finish', async (t) => {
    const p = project()
    t.after(p.remove)
    exits(await cap(['deploy']), 0)
    const good = await live()
    exits(await cap(['deploy'], { BRANCH: 'no-such-branch' }), 1)
    exits(await shipit(p, ['production', 'deploy']), 0)
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    assert.equal(await live(), good)
  })

  test('status, releases and pending show what Capistrano deployed, and the Sidekiq that it started', async (t) => {
    const p = project({ use: "[bundler(), sidekiq({ serviceUnitUser: 'system' })]" })
    t.after(p.remove)
    await installUnit(h1, 'system')
    exits(await cap(['deploy'], { WITH: 'bundler,sidekiq' }), 0)
    const caps = await deployed(h1)
    const look = (...words: string[]) => shipit(p, ['production', ...words], { output: 'none' })
    const json = async (command: string) => JSON.parse((await look(command, '--json')).stdout)
    const [host] = (await json('status')).hosts
    assert.deepEqual([host.live.release, host.live.commit, host.live.state, host.differs], [caps.live, caps.revision, 'good', false])
    assert.match(host.live.by, /./)
    assert.match(host.live.subject, /./)
    const { name, state, up, from, release, pid } = host.services[0]
    assert.deepEqual([name, state, up, from, release], ['sidekiq.service', 'active', true, 'live', caps.live])
    assert.equal(pid, (await sidekiqState(h1, 'system')).pid)
    exits(await look('status', '--check'), 0)

    const revision = await commit('for status', { 'status.txt': 'new\n' })
    const { commit: next, from: groups } = await json('pending')
    assert.deepEqual([next, groups[0].commit, groups[0].added.count, groups[0].removed.count], [revision, caps.revision, 1, 0])
    const { releases, rollback } = await json('releases')
    assert.deepEqual([releases.length, releases[0].hosts, rollback], [1, [{ host: 'h1', state: 'good', live: true }], null])

    await h1.sh('sudo systemctl stop sidekiq')
    const down = await look('status', '--check')
    exits(down, 1)
    assert.match(down.stdout, /^⚠ h1: sidekiq\.service is inactive$/m)
  })
})
