import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { cannot, deployed, deployTo, exits, hosts, installUnit, shipit, sidekiqState, text, wipe } from './harness.ts'
import type { LabHost } from './harness.ts'
import { railsBranch, railsProject, raked, rbenvRuby } from './support/rails.ts'

const USE = "[rbenv({ ruby: '3.1.2' }), bundler(), rails(), sidekiq({ serviceUnitUser: 'system' })]"

describe('Rails under rbenv, with real bundler and rake', { skip: cannot() }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  const both = { h1: ['web', 'db', 'worker'], h2: ['web', 'db'] }
  const branch = (name: string) => ['production', 'deploy', '--branch', name]
  const css = (host: LabHost) => host.sh(`cd ${deployTo}/current/public/assets && cat .manifest.json`)

  before(async () => {
    await Promise.all([h1, h2].map(rbenvRuby))
    await railsBranch(h1, 'rails')
    await railsBranch(h1, 'rails-next', { 'app/assets/app.css': 'b {}\n', 'db/migrate/2_second.rb': 'second\n' })
  })
  beforeEach(async () => {
    await wipe(h1, h2)
    await Promise.all([h1, h2].map((host) => host.sh('rm -f /tmp/fail.*')))
    await installUnit(h1, 'system')
  })

  test('a deploy migrates once on the primary and compiles on every web host, and a rollback restores its own manifest', async (t) => {
    const p = railsProject({ servers: both, use: USE })
    t.after(p.remove)
    exits(await shipit(p, branch('rails')), 0)
    const first = (await deployed(h1)).live
    assert.deepEqual(await raked(h1), [`assets ${first} production rbenv`, `migrate ${first} production rbenv`])
    assert.deepEqual(await raked(h2), [`assets ${first} production rbenv`])
    const old = await css(h2)
    exits(await shipit(p, branch('rails-next')), 0)
    assert.notEqual(await css(h2), old)
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    assert.equal((await deployed(h1)).live, first)
    assert.equal(await css(h2), old)
    assert.equal((await raked(h1)).filter((line) => line.startsWith('migrate')).length, 2, 'a rollback migrates nothing')
  })

  test('a failed migration changes nothing: release, manifest and workers stay', async (t) => {
    const p = railsProject({ servers: both, use: USE })
    t.after(p.remove)
    exits(await shipit(p, branch('rails')), 0)
    const before = await deployed(h1)
    const manifest = await css(h1)
    const worker = await sidekiqState(h1, 'system')
    await h1.sh(`echo 'PG::ConnectionBad: connection to server at "db1" failed: Connection refused' > /tmp/fail.migrate`)
    const outcome = await shipit(p, branch('rails-next'))
    exits(outcome, 1)
    assert.match(text(outcome), /h1 cannot reach the database/)
    assert.deepEqual(await deployed(h1), before)
    assert.deepEqual((await deployed(h2)).releases, [before.live])
    assert.deepEqual(await Promise.all([css(h1), css(h2)]), [manifest, manifest])
    const after = await sidekiqState(h1, 'system')
    assert.notEqual(after.pid, worker.pid, 'a quieted Sidekiq has to be begun anew')
    assert.equal(after.release, before.live)
    assert.match(await h1.sh('systemctl is-active sidekiq'), /^active/)
    await h1.sh('rm /tmp/fail.migrate')
    exits(await shipit(p, branch('rails-next')), 0)
    assert.equal((await raked(h1)).at(-1)!.split(' ')[0], 'migrate')
  })

  test('conditional settings skip migrations for an equal db/ and compilation for equal assets', async (t) => {
    const p = railsProject({
      servers: { h1: ['web', 'db'] },
      use: "[rbenv(), bundler(), rails({ conditionallyMigrate: true, skipUnchangedAssets: ['app/assets'], keepAssets: 3 })]",
    })
    t.after(p.remove)
    const tasks = async () => (await raked(h1)).map((line) => line.split(' ')[0])
    exits(await shipit(p, branch('rails')), 0)
    assert.deepEqual(await tasks(), ['assets', 'migrate', 'clean3'])
    exits(await shipit(p, branch('rails')), 0)
    assert.deepEqual(await tasks(), ['assets', 'migrate', 'clean3', 'clean3'])
    exits(await shipit(p, branch('rails-next')), 0)
    assert.deepEqual((await tasks()).slice(-3), ['assets', 'migrate', 'clean3'])
  })

  test('a missing Ruby and a role without hosts are reported before anything is created', async (t) => {
    const use = "[rbenv({ ruby: '9.9.9' }), bundler(), rails()]"
    const roleless = railsProject({ servers: { h1: ['app'] }, use })
    t.after(roleless.remove)
    exits(await shipit(roleless, branch('rails')), 2)
    const p = railsProject({ servers: { h1: ['web', 'db'] }, use })
    t.after(p.remove)
    const outcome = await shipit(p, branch('rails'))
    exits(outcome, 1)
    const failures = JSON.stringify(outcome.events.filter((e) => e.type === 'failure'))
    for (const part of ['Ruby 9.9.9 is not installed', 'rbenv install 9.9.9'])
      assert.ok(failures.includes(part), `${part} is not in ${failures}`)
    assert.equal(await h1.sh(`ls ${deployTo}/releases 2>/dev/null || true`), '')
  })

  test("rbenv's error about the missing Ruby of .ruby-version fails the deploy, and nothing is switched", async (t) => {
    await railsBranch(h1, 'rails-ruby', { '.ruby-version': '3.4.1\n' })
    const p = railsProject({ servers: { h1: ['web', 'db'] }, use: '[rbenv(), bundler(), rails()]' })
    t.after(p.remove)
    exits(await shipit(p, branch('rails')), 0)
    const before = await deployed(h1)
    const outcome = await shipit(p, branch('rails-ruby'))
    exits(outcome, 1)
    assert.match(text(outcome), /rbenv install 3\.4\.1/)
    assert.deepEqual(await deployed(h1), before)
  })
})
