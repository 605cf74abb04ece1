import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pids } from '../../recipes/sidekiq/upstart/jobs.ts'
import { needs } from '../support/needs.ts'
import { upstartHost, type UpstartHost } from '../support/initctl.ts'
import type { Ran } from '../support/script.ts'

// Upstart is gone: test/support/initctl stands in for it, with real processes
const deploying = { release: '20261123100000' }
const pidOf = (h: UpstartHost, ...words: string[]): number => Number(/process (\d+)/.exec(h.initctl('status', ...words).stdout)?.[1] ?? 0)
const all = (ran: readonly Ran[]): void =>
  assert.deepEqual(
    ran.filter(({ status }) => status === 'failed'),
    [],
  )
const hosted = (t: { after(fn: () => void): void }, ...given: Parameters<typeof upstartHost>): UpstartHost => {
  const h = upstartHost(...given)
  t.after(h.remove)
  return h
}

describe('Sidekiq under the stand-in for Upstart', { skip: needs('bash', 'dash', 'setsid'), concurrency: 2 }, () => {
  test("is Upstart's own process and gets each signal: install, start, quiet, stop", (t) => {
    const h = hosted(t)
    all(h.run('install'))
    assert.deepEqual(h.files(), ['sidekiq.conf'])
    all(h.run('check'))
    all(h.run('start'))
    const pid = pidOf(h, 'sidekiq')
    assert.ok(pid > 0)
    all(h.run('start'))
    assert.equal(pidOf(h, 'sidekiq'), pid, 'a start by hand leaves a running job alone')
    all(h.run('quiet'))
    h.noted(`${pid} quiet`)
    all(h.run('stop'))
    assert.equal(pidOf(h, 'sidekiq'), 0)
    assert.deepEqual(
      h.notes().map((line) => line.replace(/ begins.*/, ' begins')),
      [`${pid} begins`, `${pid} quiet`, `${pid} ends`],
    )
    const called = h.bin.calls().filter((line) => /^sudo initctl (reload|start|stop|restart) /.test(line))
    assert.deepEqual(called, ['sudo initctl start sidekiq', 'sudo initctl reload sidekiq', 'sudo initctl stop sidekiq'])
  })

  test('is left alone by a second install', (t) => {
    const h = hosted(t)
    all(h.run('install'))
    assert.deepEqual(h.steps('install'), [])
  })

  test('G116: uses a changed job file at the next restart, unlike with initctl restart', (t) => {
    const h = hosted(t)
    all(h.run('install'))
    all(h.run('start'))
    const file = join(h.root, 'init/sidekiq.conf')
    h.put(file, h.file('sidekiq.conf').replace('-e production', '-e changed'))
    h.initctl('restart', 'sidekiq')
    // wait until it has noted its start; the changed file causes a warning
    for (const task of ['start', 'restart']) {
      const ran = h.run(task)
      const drift = ran.filter(({ status }) => status === 'failed')
      assert.deepEqual(
        drift.map(({ stderr }) => stderr.split(':')[0]),
        ['sidekiq.conf is not as the config says now'],
      )
      all(ran.slice(0, -1))
    }
    const begun = h.notes().flatMap((line) => /begins: .*-e (\w+)/.exec(line)?.[1] ?? [])
    assert.deepEqual(begun, ['production', 'production', 'changed'])
  })

  test('G117: is stopped and started in a deploy if it runs already, and left alone by a typed start', (t) => {
    const h = hosted(t)
    all(h.run('install'))
    all(h.run('start'))
    const first = pidOf(h, 'sidekiq')
    // as if it had been down when the facts were read
    const facts = { ...h.ask(), jobs: 'sidekiq stop/waiting\n' }
    all(h.run('start', {}, facts))
    assert.equal(pidOf(h, 'sidekiq'), first)
    all(h.run('start', deploying, facts))
    assert.notEqual(pidOf(h, 'sidekiq'), first)
    assert.notEqual(pidOf(h, 'sidekiq'), 0)
  })

  test('can be quieted and stopped without a failure if it does not run', (t) => {
    const h = hosted(t)
    all(h.run('install'))
    const facts = { ...h.ask(), jobs: 'sidekiq start/running, process 99999\n' }
    const [quiet] = h.run('quiet', {}, facts)
    assert.deepEqual([quiet!.status, quiet!.stdout], ['ok', 'sidekiq: not running\n'])
    const [stop] = h.run('stop')
    assert.deepEqual([stop!.status, stop!.stdout], ['ok', 'sidekiq: not running\n'])
  })

  test('fails the start if it ends during it, even if Upstart gave up', (t) => {
    const h = hosted(t, {}, { respawnLimit: [3, 30] })
    all(h.run('install'))
    h.put('refuse')
    const ran = h.run('start')
    assert.equal(ran[1]!.status, 'failed')
    assert.equal(ran[1]!.code, 6)
    assert.match(ran[1]!.stderr, /sidekiq: it does not run|ended while it came up/)
  })

  test('is killed by Upstart after its time, with a message', (t) => {
    const h = hosted(t, {}, { killTimeout: 2 })
    all(h.run('install'))
    all(h.run('start'))
    h.put('deaf')
    const [stop] = h.run('stop')
    assert.equal(stop!.code, 9)
    assert.match(stop!.stderr, /did not end within 2 s.*jobs may be lost/)
    assert.equal(pidOf(h, 'sidekiq'), 0)
  })

  test('has an instance for each process, stopped at the same time and recovered if it ran before', (t) => {
    const h = hosted(t, { processes: 2 })
    all(h.run('install'))
    assert.deepEqual(h.files(), ['sidekiq-workers.conf', 'sidekiq.conf'])
    all(h.run('start'))
    const [one, two] = [pidOf(h, 'sidekiq', 'index=1'), pidOf(h, 'sidekiq', 'index=2')]
    assert.equal(h.one(pids(h.context())).stdout, `sidekiq-1 ${one}\nsidekiq-2 ${two}\n`)
    assert.ok(one > 0 && two > 0 && one !== two)
    h.initctl('stop', 'sidekiq', 'index=2')
    const facts = h.ask()
    all(h.run('quiet', {}, facts))
    all(h.run('recover', { ...deploying, ran: { 'sidekiq:quiet': 'done' } }, facts))
    assert.notEqual(pidOf(h, 'sidekiq', 'index=1'), one)
    assert.notEqual(pidOf(h, 'sidekiq', 'index=1'), 0)
    assert.equal(pidOf(h, 'sidekiq', 'index=2'), 0)
    all(h.run('stop'))
    // the boot job starts and stops both
    h.initctl('start', 'sidekiq-workers')
    assert.ok(pidOf(h, 'sidekiq', 'index=1') > 0 && pidOf(h, 'sidekiq', 'index=2') > 0)
    all(h.run('uninstall'))
    assert.deepEqual(h.files(), [])
  })

  test('is replaced by a recover after a restart that only quieted it, and other processes are not', (t) => {
    const h = hosted(t, { processes: 2, drain: true })
    all(h.run('install'))
    all(h.run('start'))
    const facts = h.ask()
    const one = pidOf(h, 'sidekiq', 'index=1')
    h.initctl('stop', 'sidekiq', 'index=2')
    h.initctl('start', 'sidekiq', 'index=2')
    const two = pidOf(h, 'sidekiq', 'index=2')
    const ran = h.run('recover', { ...deploying, ran: { 'sidekiq:restart': 'started' } }, facts)
    assert.deepEqual(
      ran.map(({ status }) => status),
      // the last two steps: start what is down, and check all
      ['ok', 'skipped', 'ok', 'ok'],
    )
    const now = pidOf(h, 'sidekiq', 'index=1')
    assert.ok(now > 0 && now !== one)
    assert.equal(pidOf(h, 'sidekiq', 'index=2'), two)
  })

  test('has its override written and removed by disable and enable, which leave other overrides', (t) => {
    const h = hosted(t)
    all(h.run('install'))
    all(h.run('disable'))
    assert.equal(h.file('sidekiq.override'), 'manual\n')
    assert.deepEqual(h.steps('disable'), [])
    all(h.run('enable'))
    assert.deepEqual(h.files(), ['sidekiq.conf'])
    h.put(join(h.root, 'init/sidekiq.override'), 'nice 5\nmanual\n')
    all(h.run('enable'))
    assert.equal(h.file('sidekiq.override'), 'nice 5\n')
  })

  test('is stopped and removed by uninstall, which leaves foreign jobs', (t) => {
    const h = hosted(t)
    all(h.run('install'))
    all(h.run('start'))
    all(h.run('uninstall'))
    assert.deepEqual(h.files(), [])
    assert.match(h.notes().at(-1)!, /ends/)
    h.put(join(h.root, 'init/sidekiq.conf'), 'exec /bin/true\n')
    const [left] = h.run('uninstall')
    assert.match(left!.stdout, /sidekiq\.conf was not written by shipit/)
    assert.deepEqual(h.files(), ['sidekiq.conf'])
  })

  test('is not installed over a job that appeared after the facts', (t) => {
    const h = hosted(t)
    const facts = h.ask()
    h.put(join(h.root, 'init/sidekiq.conf'), 'exec /bin/theirs\n')
    const ran = h.run('install', {}, facts)
    assert.deepEqual(
      ran.map(({ code }) => code),
      [0, 68],
    )
    assert.match(ran[1]!.stderr, /init\/sidekiq\.conf: another program wrote it after shipit read it\. It begins with "exec \/bin\/theirs"/)
    assert.equal(h.file('sidekiq.conf'), 'exec /bin/theirs\n')
    assert.deepEqual(h.files(), ['sidekiq.conf'])
  })

  test('is not confused with a copy of a job or a job of another folder', (t) => {
    const h = hosted(t)
    all(h.run('install'))
    const text = h.file('sidekiq.conf')
    h.put(join(h.root, 'init/sidekiq.conf'), text.replace('writes sidekiq.conf', 'writes other.conf'))
    assert.match(h.run('uninstall')[0]!.stdout, /sidekiq\.conf is a copy of other\.conf, which was written by shipit for shop/)
    assert.deepEqual(h.files(), ['sidekiq.conf'])
    h.put(join(h.root, 'init/sidekiq.conf'), `${text.split('\n')[0]!.replace(/Deployed to .*/, 'Deployed to /var/www/app')}\nexec true\n`)
    assert.match(h.run('uninstall')[0]!.stderr, /sidekiq\.conf was written for \/var\/www\/app: it does not belong to/)
    assert.deepEqual(h.files(), ['sidekiq.conf'])
  })

  test('has no job file written that init-checkconf rejects', (t) => {
    const h = hosted(t)
    const checker = join(h.bin.dir, 'bin/init-checkconf')
    h.put(checker, '#!/bin/sh\necho "ERROR: File $1: syntax invalid" >&2\nexit 1\n')
    chmodSync(checker, 0o755)
    const [check] = h.run('install')
    assert.deepEqual([check!.status, check!.code, h.files()], ['failed', 65, []])
  })
})
