import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import {
  cannot,
  cap,
  deployed,
  deployTo,
  exits,
  hosts,
  noCapistrano,
  phases,
  project,
  shipit,
  spawnShipit,
  text,
  until,
  wipe,
} from './harness.ts'
import type { Project } from './harness.ts'

describe('releases on a real server', { skip: cannot() }, () => {
  const { h1 } = hosts('h1')
  beforeEach(() => wipe(h1))
  const live = async (): Promise<string> => (await deployed(h1)).live ?? ''
  const deploy = async (p: Project, ...more: string[]): Promise<string> => {
    exits(await shipit(p, ['production', 'deploy', ...more]), 0)
    return live()
  }
  const record = (name: string): Promise<string> => h1.sh(`head -n 1 ${deployTo}/.shipit/releases/${name}`)

  test("a release with another account's files is named with the owner, and the printed command removes it", async (t) => {
    const p = project()
    t.after(p.remove)
    const first = await deploy(p)
    await h1.root(`install -d -o root ${deployTo}/releases/${first}/cache/deep; touch ${deployTo}/releases/${first}/cache/deep/file`)
    const second = await deploy(p)
    // a read-only folder of the same account does not matter
    await h1.sh(
      `mkdir ${deployTo}/releases/${second}/gem; touch ${deployTo}/releases/${second}/gem/file; chmod 0555 ${deployTo}/releases/${second}/gem`,
    )
    await deploy(p, '--set', 'keepReleases=2')
    const outcome = await shipit(p, ['production', 'deploy', '--set', 'keepReleases=2'])
    exits(outcome, 0)
    const now = await deployed(h1)
    assert.ok(!now.releases.includes(second), text(outcome))
    assert.ok(now.releases.includes(first))
    assert.equal(await record(first), 'removing')
    const warning = outcome.events.find((e) => e.type === 'log' && e.level === 'warn')
    assert.ok(warning?.type === 'log')
    assert.equal(warning.host, 'h1')
    assert.match(warning.message, /cannot be removed: rm: cannot remove .*Permission denied.*\(.*\/cache.* belongs to root\)/)
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    const refused = await shipit(p, ['production', 'deploy:rollback'])
    exits(refused, 1)
    assert.match(text(refused), new RegExp(`${first}: is being removed`))
    // the command as printed
    await h1.sh(/on that host: (sudo rm -rf [^;]+);/.exec(warning.message)![1]!)
    const cleaned = await shipit(p, ['production', 'deploy:cleanup'])
    exits(cleaned, 0)
    assert.ok(!cleaned.events.some((e) => e.type === 'log' && e.level === 'warn'), text(cleaned))
    assert.equal(await h1.sh(`ls ${deployTo}/.shipit/releases | grep -c ${first} || true`), '0')
  })

  test('kill -9 after the switch leaves the new release live and doubtful, and a rollback skips it', async (t) => {
    const p = project({ phases: true })
    t.after(p.remove)
    await phases.install(h1)
    const first = await deploy(p)
    await phases.hold(h1, 'published')
    const run = spawnShipit(p, ['production', 'deploy'])
    await run.event((e) => e.type === 'step:start' && e.task === 'phase:published')
    await until('the host waits', () => phases.running(h1))
    run.child.kill('SIGKILL')
    await run.done
    await until('its processes are gone', async () => !(await phases.running(h1)))
    await phases.clear(h1)
    const cut = await live()
    assert.notEqual(cut, first)
    assert.equal(await record(cut), 'doubtful')
    const doctor = await shipit(p, ['production', 'doctor'])
    assert.match(text(doctor), new RegExp(`the live release ${cut} is doubtful`))
    await deploy(p)
    const back = await shipit(p, ['production', 'deploy:rollback'])
    exits(back, 0)
    assert.equal(await live(), first)
    assert.match(text(back), new RegExp(`skipped ${cut}: its run by .* did not end well after the switch`))
  })

  describe('with Capistrano 3.17.2 in turn', { skip: noCapistrano() }, () => {
    test('releases of Capistrano with a custom log message are kept, --release accepts them, and the first deploy can be rolled back', async (t) => {
      const p = project()
      t.after(p.remove)
      const theirs: string[] = []
      for (let i = 0; i < 3; i++) {
        exits(await cap(['deploy'], { LOG_MESSAGE: 'went out' }), 0)
        theirs.push(await live())
      }
      const ours = await deploy(p)
      assert.deepEqual((await deployed(h1)).releases, [...theirs, ours])
      exits(await shipit(p, ['production', 'deploy:rollback']), 0)
      assert.equal(await live(), theirs[2])
      exits(await shipit(p, ['production', 'deploy:rollback', '--release', theirs[0]!]), 0)
      assert.equal(await live(), theirs[0])
      // Capistrano's releases are cleaned up when enough of shipit's are newer
      for (let i = 0; i < 3; i++) await deploy(p)
      assert.ok(!(await deployed(h1)).releases.some((name) => theirs.includes(name)))
    })

    test("a deploy after Capistrano's rollback can be rolled back to where Capistrano was", async (t) => {
      const p = project()
      t.after(p.remove)
      const first = await deploy(p)
      const second = await deploy(p)
      exits(await cap(['deploy']), 0)
      exits(await cap(['deploy:rollback']), 0)
      assert.equal(await live(), second)
      await deploy(p)
      exits(await shipit(p, ['production', 'deploy:rollback']), 0)
      assert.equal(await live(), second)
      exits(await shipit(p, ['production', 'deploy:rollback']), 0)
      assert.equal(await live(), first)
    })
  })
})
