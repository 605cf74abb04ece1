import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { cannot, commit, deployTo, deployed, exits, hosts, project, shipit, text, wipe } from './harness.ts'
import type { Project } from './harness.ts'

describe('an application that cannot be deployed', { skip: cannot() }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  beforeEach(() => wipe(h1, h2))

  /** Asserts that the live release stays live, nothing unfinished is left, and the next deploy works. */
  const leavesEverything = async (
    p: Project,
    args: readonly string[],
    because: RegExp,
    mend: () => Promise<unknown> = async () => {},
  ): Promise<void> => {
    exits(await shipit(p, ['production', 'deploy']), 0)
    const before = await deployed(h1)
    const outcome = await shipit(p, ['production', 'deploy', ...args])
    exits(outcome, 1)
    assert.match(text(outcome), because)
    assert.deepEqual(await deployed(h1), before)
    await mend()
    exits(await shipit(p, ['production', 'deploy']), 0)
    assert.notEqual((await deployed(h1)).live, before.live)
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    assert.equal((await deployed(h1)).live, before.live)
  }

  test('fails for a gem that no source has, and the old release stays live', async (t) => {
    const p = project({ use: '[bundler()]' })
    t.after(p.remove)
    await commit('no such gem', { Gemfile: "source 'file:///srv/gems'\ngem 'sidekiq', '6.4.1'\ngem 'shipit-no-such-gem'\n" }, 'bad-gemfile')
    await leavesEverything(p, ['--branch', 'bad-gemfile'], /shipit-no-such-gem/)
  })

  test("fails with bundler's message and a remedy for a missing, different or broken Gemfile.lock", async (t) => {
    const p = project({ use: '[bundler()]' })
    t.after(p.remove)
    exits(await shipit(p, ['production', 'deploy']), 0)
    const before = await deployed(h1)
    const source = "source 'file:///srv/gems'\n"
    const broken: Readonly<Record<string, [files: Record<string, string | null>, said: RegExp, hint: RegExp]>> = {
      'no-lock': [
        { 'Gemfile.lock': null },
        /requires a (?:Gemfile\.lock|lockfile)/,
        /the repository has no Gemfile\.lock: run bundle install on your machine/,
      ],
      'no-quote': [{ Gemfile: `${source}gem "rake\n` }, /error parsing `Gemfile`/, /Gemfile cannot be read: /],
      'other-ruby': [
        { Gemfile: `${source}ruby '9.9.9'\ngem 'sidekiq', '6.4.1'\n` },
        /Gemfile specified 9\.9\.9/,
        /needs Ruby 9\.9\.9, and this host runs/,
      ],
      conflict: [{ 'Gemfile.lock': '<<<<<<< HEAD\nGEM\n=======\nGEM\n>>>>>>> x\n' }, /merge conflicts/, /has a merge conflict/],
    }
    for (const [branch, [files, said, hint]] of Object.entries(broken)) {
      await commit(branch, files, branch)
      const outcome = await shipit(p, ['production', 'deploy', '--branch', branch])
      exits(outcome, 1)
      assert.match(text(outcome), said)
      assert.match(text(outcome), hint)
      assert.deepEqual(await deployed(h1), before)
    }
  })

  test('fails for an unknown branch', async (t) => {
    const p = project()
    t.after(p.remove)
    await leavesEverything(p, ['--branch', 'no-such-branch'], /no-such-branch/)
  })

  test('fails on a full disk', async (t) => {
    const p = project()
    t.after(p.remove)
    await h1.root('mount -t tmpfs -o size=8m,uid=1000,gid=1000,mode=755 tmpfs /var/www')
    await commit('big', { 'big.txt': 'x'.repeat(1 << 20) })
    t.after(() => commit('small', { 'big.txt': null }))
    exits(await shipit(p, ['production', 'deploy']), 0)
    const before = await deployed(h1)
    await h1.sh('cat /dev/zero > /var/www/ballast 2>/dev/null || true')
    const outcome = await shipit(p, ['production', 'deploy'])
    exits(outcome, 1)
    assert.match(text(outcome), /No space left|disk|full/i)
    assert.deepEqual(await deployed(h1), before)
    await h1.sh('rm /var/www/ballast')
    exits(await shipit(p, ['production', 'deploy']), 0)
    assert.notEqual((await deployed(h1)).live, before.live)
  })

  test('reports all missing linked files of all hosts at once, and begins no release', async (t) => {
    const p = project({ servers: { h1: ['app'], h2: ['app'] }, more: "linkedFiles: ['.env', 'config/master.key']," })
    t.after(p.remove)
    const outcome = await shipit(p, ['production', 'deploy'])
    exits(outcome, 1)
    const failures = JSON.stringify(outcome.events.filter((e) => e.type === 'failure'))
    for (const part of ['h1', 'h2', '.env', 'config/master.key']) assert.ok(failures.includes(part), `${part} is not in ${failures}`)
    assert.deepEqual((await deployed(h1)).releases, [])
    await Promise.all([h1, h2].map((host) => host.sh(`cd ${deployTo}/shared && mkdir -p config && touch .env config/master.key`)))
    exits(await shipit(p, ['production', 'deploy']), 0)
    assert.equal(await h2.sh(`readlink ${deployTo}/current/config/master.key`), `${deployTo}/shared/config/master.key`)
  })

  test('reports a directory in the place of current before anything is created', async (t) => {
    const p = project()
    t.after(p.remove)
    await h1.sh(`mkdir -p ${deployTo}/current && touch ${deployTo}/current/precious`)
    const outcome = await shipit(p, ['production', 'deploy'])
    exits(outcome, 1)
    assert.match(text(outcome), /current/)
    assert.equal(await h1.sh(`ls ${deployTo}/current; ls ${deployTo}/releases 2>/dev/null || true`), 'precious')
  })
})
