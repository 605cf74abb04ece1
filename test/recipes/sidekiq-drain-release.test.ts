import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sh } from '../../src/index.ts'
import { sidekiq } from '../../recipes/index.ts'
import { quieted } from '../../recipes/sidekiq/drain/index.ts'
import { verifyRelease } from '../../recipes/sidekiq/release.ts'
import { signals } from '../../recipes/sidekiq/signals/index.ts'
import { systemd } from '../../recipes/sidekiq/systemd/index.ts'
import type { Context, Manager } from '../../recipes/sidekiq/manager.ts'
import { contextOf, hintOf, hostOf, textOf } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'
import type { Command } from '../../src/index.ts'

const place = (t: TestContext) => {
  const made = stubs({})
  t.after(made.remove)
  for (const name of ['1', '2']) mkdirSync(join(made.dir, 'releases', name, 'backend'), { recursive: true })
  symlinkSync(join(made.dir, 'releases', '2'), join(made.dir, 'current'))
  const inside = (dir: string): number => {
    const child = spawn('sleep', ['60'], { cwd: join(made.dir, dir), stdio: 'ignore' })
    t.after(() => child.kill('SIGKILL'))
    return child.pid!
  }
  const verify = (pids: readonly number[], release?: string, host = hostOf(), settings: { manager?: string } = {}): Command => {
    const manager = settings.manager === 'systemd' ? systemd : signals
    const by: Manager = { ...manager, pids: () => sh`printf '%s\n' ${pids.map((pid, i) => `sk@${i + 1}.service ${pid}`)}` }
    const given = { deployTo: made.dir, settings: { manager: 'signals', ...settings }, host, ...(release === undefined ? {} : { release }) }
    return verifyRelease(contextOf(sidekiq(), given) as unknown as Context, by)
  }
  return { dir: made.dir, inside, verify }
}

for (const { name, argv } of shells) {
  test(`processes must run from the release of the run, or a folder in it (${name})`, (t) => {
    const at = place(t)
    const [old, fresh, deeper] = [at.inside('releases/1'), at.inside('current'), at.inside('releases/2/backend')]
    const run = (pids: readonly number[], release?: string) => runSteps(argv, [at.verify(pids, release)])[0]!
    assert.deepEqual(run([fresh, deeper, 0], '2'), { status: 'ok', code: 0, stdout: '', stderr: '' })
    assert.deepEqual(run([fresh, deeper]), { status: 'ok', code: 0, stdout: '', stderr: '' })
    const failed = run([fresh, old], '2')
    assert.equal(failed.code, 1)
    assert.equal(failed.stderr, `sk@2.service (PID ${old}) runs in ${at.dir}/releases/1, not in ${at.dir}/releases/2\n`)
  })
}

test('a host without releases is compared with its live release', (t) => {
  const at = place(t)
  const [fresh, old] = [at.inside('current'), at.inside('releases/1')]
  const run = (pid: number) => runSteps(['sh'], [at.verify([pid], '3', hostOf({ release: false }))])[0]!
  assert.equal(run(fresh).code, 0)
  assert.equal(run(old).code, 1)
  unlinkSync(join(at.dir, 'current'))
  assert.deepEqual([run(old).code, run(old).stdout], [0, 'w1 has no releases: nothing to compare\n'])
})

test("another user's process is compared by its age and its WorkingDirectory, or else is a warning", (t) => {
  const at = place(t)
  const run = (programs: Record<string, string>, settings = {}) => {
    const made = stubs({ readlink: 'exit 1', ...programs })
    t.after(made.remove)
    return runSteps(['sh'], [at.verify([pid], '2', hostOf(), settings)], { PATH: made.path })[0]!
  }
  const pid = at.inside('releases/1')
  const unknown = run({})
  assert.equal(unknown.code, 3)
  assert.match(unknown.stderr, new RegExp(`sk@1\\.service \\(PID ${pid}\\): cannot tell which release it runs`))
  assert.deepEqual(at.verify([pid]).spec.allow, [3])
  const there = run({ systemctl: `echo ${at.dir}/current` }, { manager: 'systemd', serviceUnitUser: 'system' })
  assert.deepEqual([there.code, there.stdout], [0, `sk@1.service (PID ${pid}) started after the switch, in current\n`])
  assert.equal(run({ systemctl: 'echo /srv/other' }, { manager: 'systemd', serviceUnitUser: 'system' }).code, 3)
  // without a WorkingDirectory the unit's command decides
  const by = (command: string) =>
    run({ systemctl: `case $* in (*ExecStart*) echo "${command}" ;; esac` }, { manager: 'systemd', serviceUnitUser: 'system' }).code
  assert.equal(by(`argv[]=/bin/bash -lc cd ${at.dir}/current && exec bundle exec sidekiq ;`), 0)
  assert.equal(by(`argv[]=/bin/bash -lc cd ${at.dir}/currently && exec bundle exec sidekiq ;`), 3)
  assert.equal(by('argv[]=/usr/local/bin/work ;'), 3)
  // the link is an hour younger than now
  const old = run({ stat: 'echo $(($(date +%s) + 3600))' })
  assert.equal(old.code, 1)
  assert.match(old.stderr, /started before the switch/)
})

test('the remedy names the folder and the restart', (t) =>
  assert.match(hintOf(place(t).verify([1]), {}) ?? '', /WorkingDirectory=.*shipit production sidekiq:restart/))

test('a quieted unit is recorded with the time, unless there was nothing to quiet', () => {
  const c = contextOf(sidekiq({ drain: true }), { settings: { serviceUnitName: 'a b.service' } }) as unknown as Context
  const [, note] = quieted(c, [[sh`systemctl reload x`], false]) as Command[]
  assert.equal(textOf(note!), "mkdir -p /srv/shop/.shipit && date +%s > '/srv/shop/.shipit/quiet-a b'")
  const without = contextOf(sidekiq()) as unknown as Context
  assert.equal((quieted(without, [sh`systemctl reload x`]) as unknown[]).length, 1)
  assert.deepEqual((quieted(c, [[], false]) as unknown[]).flat(9).filter(Boolean), [])
})
