import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import {
  cannot,
  commit,
  deployed,
  enqueue,
  exits,
  hosts,
  installUnit,
  jobs,
  project,
  shipit,
  sidekiqState,
  text,
  until,
  wipe,
} from './harness.ts'
import type { Project } from './harness.ts'

describe('a deploy with a Sidekiq unit', { skip: cannot() }, () => {
  const { h1 } = hosts('h1')
  beforeEach(() => wipe(h1))
  const make = (scope: 'system' | 'user' = 'system'): Project => project({ use: `[bundler(), sidekiq({ serviceUnitUser: '${scope}' })]` })
  const live = async (): Promise<string | undefined> => (await deployed(h1)).live

  test('warns about a missing unit the first time, and is refused later before anything is written', async (t) => {
    const p = make()
    t.after(p.remove)
    const first = await shipit(p, ['production', 'deploy'])
    exits(first, 0)
    assert.ok(
      first.events.some((e) => e.type === 'log' && e.level === 'warn' && /sidekiq\.service/.test(e.message)),
      text(first),
    )
    const before = await deployed(h1)
    assert.ok(before.live)
    const second = await shipit(p, ['production', 'deploy'])
    exits(second, 1)
    assert.match(text(second), /sidekiq\.service/)
    assert.deepEqual(await deployed(h1), before)
  })

  test('starts a unit that is installed and was never started', async (t) => {
    const p = make()
    t.after(p.remove)
    await installUnit(h1, 'system')
    exits(await shipit(p, ['production', 'deploy']), 0)
    assert.equal((await sidekiqState(h1, 'system')).release, await live())
  })

  test('is refused if sudo asks for a password, with the line for sudoers', async (t) => {
    const p = make()
    t.after(p.remove)
    await installUnit(h1, 'system')
    exits(await shipit(p, ['production', 'deploy']), 0)
    const before = await deployed(h1)
    await h1.root("echo 'deploy ALL=(ALL) ALL' > /etc/sudoers.d/deploy")
    t.after(() => h1.root("echo 'deploy ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/deploy"))
    const outcome = await shipit(p, ['production', 'deploy'])
    exits(outcome, 1)
    assert.match(text(outcome), /password/)
    assert.match(text(outcome), /sudoers/)
    assert.deepEqual(await deployed(h1), before)
  })

  test("is refused if the user's systemd does not run, with lingering as the remedy", async (t) => {
    const p = make('user')
    t.after(p.remove)
    await installUnit(h1, 'user')
    exits(await shipit(p, ['production', 'deploy']), 0)
    const before = await deployed(h1)
    await h1.root('systemctl stop user@1000; systemctl mask -q user@1000')
    t.after(() => h1.root('systemctl unmask -q user@1000; systemctl start user@1000'))
    const outcome = await shipit(p, ['production', 'deploy'])
    exits(outcome, 1)
    assert.match(text(outcome), /enable-linger/)
    assert.deepEqual(await deployed(h1), before)
  })

  test('exits 7 with the new release live, and shows the journal, if Sidekiq does not start', async (t) => {
    const p = make()
    t.after(p.remove)
    await installUnit(h1, 'system')
    exits(await shipit(p, ['production', 'deploy']), 0)
    const revision = await commit('cannot boot', { 'worker.rb': "raise 'no worker in this one'\n" }, 'no-worker')
    const outcome = await shipit(p, ['production', 'deploy', '--branch', 'no-worker'])
    exits(outcome, 7)
    assert.match(text(outcome), /no worker in this one/)
    assert.equal((await deployed(h1)).revision, revision)
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    assert.equal((await sidekiqState(h1, 'system')).release, await live())
  })

  test('reports a process that systemd killed at its deadline', async (t) => {
    const p = make()
    t.after(p.remove)
    await installUnit(h1, 'system', (unit) => unit.replace('TimeoutStopSec=20', 'TimeoutStopSec=1'))
    exits(await shipit(p, ['production', 'deploy']), 0)
    await enqueue(h1, 'endless', 60)
    await until('the job runs', async () => (await jobs(h1)).length > 0)
    const outcome = await shipit(p, ['production', 'sidekiq:stop'])
    assert.match(text(outcome), /TimeoutStopSec/)
  })
})
