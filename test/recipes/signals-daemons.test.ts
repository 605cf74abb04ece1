import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { alive, daemons, noDaemons } from '../support/daemons.ts'
import { shells } from '../support/script.ts'

// The Sidekiq of these tests is a stand-in: test/support/sidekiq5. The shells, processes and signals are real.
/** A clock that runs ten times as fast, because the deadline of a stop is at least eleven seconds. */
const FAST = { date: 'echo "$(($(command -p date +%s%N) / 100000000))"' }

for (const { name, argv } of shells) {
  const title = (text: string) => `${text} (${name})`
  const skip = { skip: noDaemons() }
  const codes = (ran: readonly { code: number; status: string }[]) =>
    ran.map(({ code, status }) => (status === 'skipped' ? 'skipped' : code))

  test(title('G63: start starts missing processes, waits until they are up, and leaves running ones alone'), skip, async (t) => {
    const d = daemons(argv, t)
    d.release('1', { boot: '0.5' })
    assert.deepEqual(codes(d.run('start', { processes: 2 })), [0, 0, 0, 0, 0])
    await d.logged(/up/, 2)
    assert.equal(d.log().filter((line) => line.endsWith(`up in ${d.at('releases/1')}`)).length, 2)
    const pids = [d.pid(0), d.pid(1)]
    assert.deepEqual(pids.map(alive), [true, true])
    assert.deepEqual(codes(d.run('start', { processes: 2 })), [0, 0, 'skipped', 'skipped', 0])
    assert.deepEqual([d.pid(0), d.pid(1)], pids)
  })

  test(title('quiet sends TSTP, and stop sends TERM and waits for the job until the deadline'), skip, async (t) => {
    const d = daemons(argv, t)
    d.release('1', { job: '2' })
    d.run('start')
    const pid = d.pid()
    assert.match(d.run('quiet')[0]!.stdout, new RegExp(`Sidekiq 5\\.2\\.7: kill -s TSTP ${pid}\n`))
    await d.logged(/quiet/)
    assert.deepEqual(codes(d.run('stop')), [0])
    assert.equal(alive(pid), false)
    assert.equal(existsSync(d.at('shared/tmp/pids/sidekiq-0.pid')), false)
    assert.deepEqual(d.log().slice(1), [`${pid} quiet by TSTP`, `${pid} TERM`, `${pid} ended`])
  })

  test(title('quiet sends USR1 up to 4.2.8, which TSTP would suspend'), skip, async (t) => {
    const d = daemons(argv, t, '4.2.8')
    d.release('1')
    d.run('start')
    d.run('quiet')
    assert.match((await d.logged(/by/)).at(-1)!, /quiet by USR1/)
  })

  test(title('quiet sends TSTP from 4.2.9 on, to 4.2.10 too'), skip, async (t) => {
    const d = daemons(argv, t, '4.2.10')
    d.release('1')
    d.run('start')
    d.run('quiet')
    assert.match((await d.logged(/by/)).at(-1)!, /quiet by TSTP/)
  })

  test(title('a process without a title has the Sidekiq version of its release'), skip, (t) => {
    const d = daemons(argv, t, '4.2.8')
    d.release('1', { boot: '2' })
    assert.equal(d.run('start', { signals: { startTimeout: 1 } }).at(-1)!.code, 6)
    d.release('2', { 'Gemfile.lock': '    sidekiq (5.2.7)\n' })
    assert.match(d.run('quiet')[0]!.stdout, /Sidekiq 4\.2\.8: kill -s USR1/)
  })

  test(title('a process that outlives its deadline is left alone, named, and fails the stop'), skip, (t) => {
    const d = daemons(argv, t, '5.2.7', FAST)
    d.release('1', { job: 'inf' })
    d.run('start', { timeout: 1 })
    const pid = d.pid()
    const [ran] = d.run('stop', { timeout: 1 })
    assert.equal(ran!.code, 9)
    assert.match(ran!.stderr, new RegExp(`has not ended 11 s after TERM: ${pid}\n`))
    assert.match(ran!.hint!, new RegExp(`which may lose jobs: kill -s KILL ${pid}\\.`))
    assert.equal(alive(pid), true)
    assert.equal(d.pid(), pid)
  })

  test(
    title('G64: a pidfile with a PID that is unused or of another process is stale: no signal is sent, and start replaces it'),
    skip,
    (t) => {
      const d = daemons(argv, t)
      d.release('1')
      const other = spawn('sleep', ['60'])
      t.after(() => other.kill('SIGKILL'))
      d.write('shared/tmp/pids/sidekiq-0.pid', `${other.pid}\n`)
      d.write('shared/tmp/pids/sidekiq-1.pid', '999999999\n')
      assert.match(d.look({ processes: 2 }), new RegExp(`^stale ${other.pid} .*-0\\.pid\nstale 999999999 .*-1\\.pid\n`))
      assert.deepEqual(codes(d.run('quiet', { processes: 2 })), [0])
      assert.deepEqual(codes(d.run('stop', { processes: 2 })), [0])
      assert.equal(alive(other.pid!), true)
      d.write('shared/tmp/pids/sidekiq-0.pid', `${other.pid}\n`)
      const ran = d.run('start')
      assert.match(ran[1]!.stdout, /stale: .*sidekiq-0\.pid/)
      assert.deepEqual(codes(ran), [0, 0, 0, 0])
      assert.notEqual(d.pid(), other.pid)
    },
  )

  test(title("another application's Sidekiq is left alone even if the pidfile has its PID"), skip, (t) => {
    const theirs = daemons(argv, t)
    theirs.release('1')
    theirs.run('start')
    const d = daemons(argv, t)
    d.release('1')
    d.write('shared/tmp/pids/sidekiq-0.pid', `${theirs.pid()}\n`)
    d.run('stop')
    assert.equal(alive(theirs.pid()), true)
    assert.doesNotMatch(d.look(), /untracked/)
  })

  test(title('G65: without a deploy there is nothing to quiet or stop, and start says what to do'), skip, (t) => {
    const d = daemons(argv, t)
    assert.deepEqual(codes([...d.run('quiet'), ...d.run('stop')]), [0, 0])
    const ran = d.run('start').at(-1)!
    assert.equal(ran.code, 3)
    assert.match(ran.hint!, /^deploy first: shipit production deploy$/)
  })

  test(title('a Sidekiq that ends during its start fails the start at once'), skip, (t) => {
    const d = daemons(argv, t)
    d.release('1', { boot: 'crash' })
    const ran = d.run('start').at(-1)!
    assert.equal(ran.code, 5)
    assert.match(ran.stderr, /ended while it came up/)
    assert.match(ran.stderr, /no route to Redis/, 'the end of its log')
    assert.match(ran.hint!, /sidekiq\.log/)
  })

  test(title('a process of the old release fails the start in a deploy, and a restart replaces it'), skip, async (t) => {
    const d = daemons(argv, t)
    d.release('1')
    d.run('start')
    const old = d.pid()
    d.release('2')
    const ran = d.run('start', {}, { release: '2' }).at(-1)!
    assert.equal(ran.code, 4)
    assert.match(ran.stderr, /is still the old process, in .*\/releases\/1/)
    assert.match(ran.hint!, /production sidekiq:restart/)
    assert.deepEqual(codes(d.run('restart')), [0, 0, 0, 0, 0])
    assert.equal(alive(old), false)
    assert.match((await d.logged(/releases\/2$/)).at(-1)!, /up in .*\/releases\/2$/)
  })

  test(title('Sidekiq 6 is refused with a remedy, before the switch and at a start'), skip, (t) => {
    const d = daemons(argv, t)
    d.release('1')
    d.run('start')
    d.write('releases/2/Gemfile.lock', '    sidekiq (6.4.1)\n')
    const [ran, ...more] = d.run('stop', {}, { release: '2' })
    assert.deepEqual([ran!.code, more.length], [1, 0])
    assert.match(ran!.stderr, /Sidekiq 6\.4\.1 .*cannot run as a daemon/)
    assert.match(ran!.hint!, /manager: 'systemd'/)
    assert.equal(alive(d.pid()), true)
    d.release('2', { 'Gemfile.lock': '    sidekiq (7.3.2)\n' })
    assert.equal(d.run('start')[0]!.code, 1)
  })

  test(title('recover starts quieted processes from the live release, and leaves others down'), skip, (t) => {
    const d = daemons(argv, t)
    d.release('1')
    d.run('start')
    const before = d.pid()
    const facts = { processes: d.look({ processes: 2 }) }
    d.run('quiet')
    assert.deepEqual(d.run('recover', { processes: 2 }, { facts, ran: {} }), [])
    assert.deepEqual(codes(d.run('recover', { processes: 2 }, { facts, ran: { 'sidekiq:quiet': 'done' } })), [0, 0, 0, 0, 0])
    assert.equal(alive(before), false)
    assert.equal(alive(d.pid()), true)
    assert.equal(d.pid(1), 0)
  })

  test(title('recover replaces old processes after a restart that only quieted them'), skip, (t) => {
    const d = daemons(argv, t)
    d.release('1')
    d.run('start')
    const before = d.pid()
    const [facts, ran] = [{ processes: d.look() }, { 'sidekiq:restart': 'started' }] as const
    assert.ok(codes(d.run('recover', {}, { facts, ran })).every((code) => code === 0 || code === 'skipped'))
    assert.equal(d.pid(), before)
    assert.ok(codes(d.run('recover', { drain: true }, { facts, ran })).every((code) => code === 0))
    const after = d.pid()
    assert.ok(after !== before && alive(after) && !alive(before))
    assert.deepEqual(codes(d.run('recover', { drain: true }, { facts, ran }))[0], 'skipped')
    assert.equal(d.pid(), after)
  })

  test(title('pids prints every process in order'), skip, (t) => {
    const d = daemons(argv, t)
    d.release('1')
    d.run('start')
    const { stdout } = d.pids({ processes: 2 })
    assert.equal(stdout, `sidekiq-0 ${d.pid()}\nsidekiq-1 0\n`)
  })

  test(title('a process without a pidfile is found, and its children are not'), skip, (t) => {
    const d = daemons(argv, t)
    d.release('1')
    d.run('start')
    const pid = d.pid()
    assert.doesNotMatch(d.look(), /untracked/)
    d.remove('shared/tmp/pids/sidekiq-0.pid')
    assert.match(d.look(), new RegExp(`^none 0 .*\nversion 5\\.2\\.7\nuntracked ${pid}\n$`))
  })
}

test('signals.kill ends a process after the deadline, with a warning', { skip: noDaemons() }, (t) => {
  const d = daemons(shells[0]!.argv, t, '5.2.7', FAST)
  d.release('1', { job: 'inf' })
  d.run('start', { timeout: 1 })
  const pid = d.pid()
  const [wait, kill] = d.run('stop', { timeout: 1, signals: { kill: true } })
  assert.equal(wait!.code, 9)
  assert.equal(kill!.code, 9)
  assert.match(kill!.stderr, new RegExp(`jobs may be lost: KILL ended Sidekiq ${pid} \\(.*sidekiq-0\\.pid\\)\n`))
  assert.equal(alive(pid), false)
})

// A freezer of cgroup v1 keeps a process alive after KILL, like a hanging disk on a server.
const freezer = '/sys/fs/cgroup/freezer'
if (existsSync(freezer) && process.getuid?.() === 0)
  test('a process that survives KILL fails the stop, and keeps its pidfile', { skip: noDaemons() }, (t) => {
    const d = daemons(shells[0]!.argv, t, '5.2.7', { ...FAST, sleep: ':' })
    const cold = `${freezer}/shipit-test-${process.pid}`
    mkdirSync(cold)
    t.after(async () => {
      writeFileSync(`${cold}/freezer.state`, 'THAWED')
      // the process is listed until its parent has reaped it
      while (readFileSync(`${cold}/cgroup.procs`, 'utf8') !== '') await setTimeout(50)
      rmdirSync(cold)
    })
    d.release('1', { job: 'inf' })
    d.run('start', { timeout: 1 })
    const pid = d.pid()
    writeFileSync(`${cold}/cgroup.procs`, `${pid}`)
    writeFileSync(`${cold}/freezer.state`, 'FROZEN')
    const ran = d.run('stop', { timeout: 1, signals: { kill: true } }).at(-1)!
    assert.equal(ran.code, 8)
    assert.match(ran.stderr, new RegExp(`Sidekiq still runs 10 s after KILL: ${pid}\n`))
    assert.match(ran.hint!, new RegExp(`it hangs in the kernel.*: ps -o pid,stat,wchan:32,args -p ${pid}$`))
    assert.equal(d.pid(), pid)
  })
