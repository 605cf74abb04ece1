import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { cannot, commit, deployTo, deployed, exits, head, hosts, project, shipit, text, wipe } from './harness.ts'
import type { Project } from './harness.ts'

describe('deploying to a server', { skip: cannot() }, () => {
  const { h1 } = hosts('h1')
  beforeEach(() => wipe(h1))

  const deploy = async (p: Project): Promise<string> => {
    exits(await shipit(p, ['production', 'deploy']), 0)
    return (await deployed(h1)).live ?? ''
  }

  test("the first deploy creates Capistrano's layout and puts the release live", async (t) => {
    const p = project()
    t.after(p.remove)
    const live = await deploy(p)
    const now = await deployed(h1)
    assert.match(live, /^\d{14}$/)
    assert.equal(now.link, `${deployTo}/releases/${live}`)
    assert.deepEqual(now.releases, [live])
    assert.equal(now.revision, await head())
    assert.match(now.revisionTime, /^\d{10}$/)
    assert.deepEqual(now.log, [`Branch main (at ${now.revision}) deployed as release ${live} by tester`])
    assert.equal(
      await h1.sh(`cd ${deployTo}; ls -A | sort | tr '\\n' ' '; readlink current/log`),
      `.shipit current releases repo revisions.log shared ${deployTo}/shared/log`,
    )
    assert.equal(
      await h1.sh(`cd ${deployTo}; git -C repo config remote.origin.url; git -C repo config remote.origin.mirror`),
      'file:///srv/repo.git\ntrue',
    )
    assert.equal(await h1.sh('ls -A /tmp | grep -v -e systemd -e "^\\." || true'), '', 'something was left in /tmp')
  })

  test('later deploys bring the new commits and keep keepReleases of them', async (t) => {
    const p = project()
    t.after(p.remove)
    const releases: string[] = []
    for (const n of [1, 2, 3, 4]) {
      const revision = await commit(`number ${n}`, { 'number.txt': `${n}\n` })
      releases.push(await deploy(p))
      const now = await deployed(h1)
      assert.equal(now.revision, revision)
      assert.equal(await h1.sh(`cat ${deployTo}/current/number.txt`), String(n))
      assert.equal(now.log.length, n)
    }
    assert.deepEqual(releases, releases.toSorted())
    assert.deepEqual((await deployed(h1)).releases, releases.slice(1))
  })

  test('each rollback goes one release back, and one without an older release is an error', async (t) => {
    const p = project()
    t.after(p.remove)
    const [first, second, third] = [await deploy(p), await deploy(p), await deploy(p)]
    assert.equal((await deployed(h1)).live, third)
    for (const older of [second, first]) {
      exits(await shipit(p, ['production', 'deploy:rollback']), 0)
      const now = await deployed(h1)
      assert.equal(now.link, `${deployTo}/releases/${older}`)
      assert.equal(now.log.at(-1), `tester rolled back to release ${older}`)
    }
    exits(await shipit(p, ['production', 'deploy:rollback']), 1)
    assert.equal((await deployed(h1)).live, first)
  })

  test('a rollback to a named release goes there, and one to a missing release changes nothing', async (t) => {
    const p = project()
    t.after(p.remove)
    const [first, , third] = [await deploy(p), await deploy(p), await deploy(p)]
    const wrong = await shipit(p, ['production', 'deploy:rollback', '--release', '20200101000000'])
    assert.notEqual(wrong.code, 0)
    assert.match(text(wrong), /20200101000000/)
    assert.equal((await deployed(h1)).live, third)
    exits(await shipit(p, ['production', 'deploy:rollback', '--release', first]), 0)
    assert.equal((await deployed(h1)).live, first)
  })

  test('a rollback needs no git server', async (t) => {
    const p = project()
    t.after(p.remove)
    const first = await deploy(p)
    await deploy(p)
    exits(await shipit(p, ['production', 'deploy:rollback', '--set', 'repoUrl=file:///srv/gone.git']), 0)
    assert.equal((await deployed(h1)).live, first)
  })

  test('a branch, a tag and a commit can be deployed', async (t) => {
    const p = project()
    t.after(p.remove)
    const old = await head()
    const side = await commit('on the side', { 'side.txt': 'side\n' }, 'topic/side')
    exits(await shipit(p, ['production', 'deploy', '--branch', 'topic/side']), 0)
    assert.equal((await deployed(h1)).revision, side)
    exits(await shipit(p, ['production', 'deploy', '--branch', old]), 0)
    assert.equal((await deployed(h1)).revision, old)
  })

  test('bundler installs the gems on the first deploy and is satisfied on the second', async (t) => {
    const p = project({ use: '[bundler()]' })
    t.after(p.remove)
    await deploy(p)
    assert.equal(await h1.sh(`cd ${deployTo}/current && bundle exec sidekiq --version`), 'Sidekiq 6.4.1')
    const again = await shipit(p, ['production', 'deploy'])
    exits(again, 0)
    const installs = again.events.filter((e) => e.type === 'step:end' && e.task === 'bundler:install')
    assert.ok(
      installs.some((e) => e.type === 'step:end' && e.status === 'skipped'),
      'nothing of bundler:install was skipped',
    )
  })
})
