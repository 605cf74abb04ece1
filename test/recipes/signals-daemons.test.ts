import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { alive, daemons, noDaemons } from '../support/daemons.ts'
import { shells } from '../support/script.ts'

// The Sidekiq of these tests is a stand-in: test/support/sidekiq5. The shells, processes and signals are real.
/** A clock that runs ten times as fast: the deadline of a stop is eleven seconds and more. */
const FAST = { date: 'echo "$(($(command -p date +%s%N) / 100000000))"' }

for (const { name, argv } of shells) {
  const title = (text: string) => `${text} (${name})`
  const skip = { skip: noDaemons() }
  const codes = (ran: readonly { code: number; status: string }[]) =>
    ran.map(({ code, status }) => (status === 'skipped' ? 'skipped' : code))

  test(title('G63: start begins what does not run, waits until it is up, and leaves alone what runs'), skip, async (t) => {
    const d = daemons(argv, t)
    d.release('1', { boot: '0.5' })
    assert.deepEqual(codes(d.run('start', { processes: 2 })), [0, 0, 0, 0, 0])
    await d.said(/up/, 2)
    assert.equal(d.log().filter((line) => line.endsWith(`up in ${d.at('releases/1')}`)).length, 2)
    const pids = [d.pid(0), d.pid(1)]
    assert.deepEqual(pids.map(alive), [true, true])
    assert.deepEqual(codes(d.run('start', { processes: 2 })), [0, 0, 'skipped', 'skipped', 0])
    assert.deepEqual([d.pid(0), d.pid(1)], pids)
  })

  test(title('quiet sends TSTP, and stop TERM: it waits for the job, and never kills before the deadline'), skip, async (t) => {
    const d = daemons(argv, t)
    d.release('1', { job: '2' })
    d.run('start')
    const pid = d.pid()
    assert.match(d.run('quiet')[0]!.stdout, new RegExp(`Sidekiq 5\\.2\\.7: kill -s TSTP ${pid}\n`))
    await d.said(/quiet/)
    assert.deepEqual(codes(d.run('stop')), [0])
    assert.equal(alive(pid), false)
    assert.equal(existsSync(d.at('shared/tmp/pids/sidekiq-0.pid')), false)
    assert.deepEqual(d.log().slice(1), [`${pid} quiet by TSTP`, `${pid} TERM`, `${pid} ended`])
  })

  test(title('up to 4.2.8 quiet is USR1, for TSTP would suspend it'), skip, async (t) => {
    const d = daemons(argv, t, '4.2.8')
    d.release('1')
    d.run('start')
    d.run('quiet')
    assert.match((await d.said(/by/)).at(-1)!, /quiet by USR1/)
  })

  test(title('from 4.2.9 on it is TSTP, also with two digits at the end'), skip, async (t) => {
    const d = daemons(argv, t, '4.2.10')
    d.release('1')
    d.run('start')
    d.run('quiet')
    assert.match((await d.said(/by/)).at(-1)!, /quiet by TSTP/)
  })

  test(title('before it has a title, its version is the one of the release that it runs from'), skip, (t) => {
    const d = daemons(argv, t, '4.2.8')
    d.release('1', { boot: '2' })
    assert.equal(d.run('start', { signals: { boot: 1 } }).at(-1)!.code, 6)
    d.release('2', { 'Gemfile.lock': '    sidekiq (5.2.7)\n' })
    assert.match(d.run('quiet')[0]!.stdout, /Sidekiq 4\.2\.8: kill -s USR1/)
  })

  test(title('what has not ended at its deadline is left alone, named, and fails the stop'), skip, (t) => {
    const d = daemons(argv, t, '5.2.7', FAST)
    d.release('1', { job: 'inf' })
    d.run('start', { timeout: 1 })
    const pid = d.pid()
    const [ran] = d.run('stop', { timeout: 1 })
    assert.equal(ran!.code, 9)
    assert.match(ran!.stderr, new RegExp(`has not ended 11 s after TERM: ${pid}\n`))
    assert.match(ran!.hint!, new RegExp(`kill -s KILL ${pid}, which may lose jobs`))
    assert.equal(alive(pid), true)
    assert.equal(d.pid(), pid)
  })

  test(
    title('G64: a pidfile whose PID nobody has, or somebody else, is stale: nobody is sent a signal, and start replaces it'),
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

  test(title("another application's Sidekiq is not ours, though the PID is the one in the file"), skip, (t) => {
    const theirs = daemons(argv, t)
    theirs.release('1')
    theirs.run('start')
    const d = daemons(argv, t)
    d.release('1')
    d.write('shared/tmp/pids/sidekiq-0.pid', `${theirs.pid()}\n`)
    d.run('stop')
    assert.equal(alive(theirs.pid()), true)
    assert.doesNotMatch(d.look(), /stray/)
  })

  test(title('G65: where nothing was deployed there is nothing to quiet or stop, and a start says what to do'), skip, (t) => {
    const d = daemons(argv, t)
    assert.deepEqual(codes([...d.run('quiet'), ...d.run('stop')]), [0, 0])
    const ran = d.run('start').at(-1)!
    assert.equal(ran.code, 3)
    assert.match(ran.hint!, /^deploy first: shipit production deploy$/)
  })

  test(title('a Sidekiq that ends while it comes up fails the start at once'), skip, (t) => {
    const d = daemons(argv, t)
    d.release('1', { boot: 'crash' })
    const ran = d.run('start').at(-1)!
    assert.equal(ran.code, 5)
    assert.match(ran.stderr, /ended while it came up/)
    assert.match(ran.stderr, /no route to Redis/, 'the end of its log')
    assert.match(ran.hint!, /sidekiq\.log/)
  })

  test(title('in a deploy, what still runs from the old release fails the start; a restart brings the new one'), skip, async (t) => {
    const d = daemons(argv, t)
    d.release('1')
    d.run('start')
    const old = d.pid()
    d.release('2')
    const ran = d.run('start', {}, { release: '2' }).at(-1)!
    assert.equal(ran.code, 4)
    assert.match(ran.stderr, /the old process: it runs in .*\/releases\/1/)
    assert.match(ran.hint!, /production sidekiq:restart/)
    assert.deepEqual(codes(d.run('restart')), [0, 0, 0, 0, 0])
    assert.equal(alive(old), false)
    assert.match((await d.said(/releases\/2$/)).at(-1)!, /up in .*\/releases\/2$/)
  })

  test(title('Sidekiq 6 is refused with what to do: before the switch, and at a start'), skip, (t) => {
    const d = daemons(argv, t)
    d.release('1')
    d.run('start')
    d.write('releases/2/Gemfile.lock', '    sidekiq (6.4.1)\n')
    const [ran, ...more] = d.run('stop', {}, { release: '2' })
    assert.deepEqual([ran!.code, more.length], [1, 0])
    assert.match(ran!.stderr, /Sidekiq 6\.4\.1 .*cannot be a daemon/)
    assert.match(ran!.hint!, /manager: 'systemd'/)
    assert.equal(alive(d.pid()), true)
    d.release('2', { 'Gemfile.lock': '    sidekiq (7.3.2)\n' })
    assert.equal(d.run('start')[0]!.code, 1)
  })

  test(title('after a failure it is back at work from the live release; what did not run stays down'), skip, (t) => {
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

  test(title('a restart that came no further than its quiet: what is still the old process is replaced'), skip, (t) => {
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

  test(title('one that runs without a pidfile is found, and its children are not'), skip, (t) => {
    const d = daemons(argv, t)
    d.release('1')
    d.run('start')
    const pid = d.pid()
    assert.doesNotMatch(d.look(), /stray/)
    d.remove('shared/tmp/pids/sidekiq-0.pid')
    assert.match(d.look(), new RegExp(`^none 0 .*\nversion 5\\.2\\.7\nstray ${pid}\n$`))
  })
}

test('with kill it is ended after the deadline, and that is a warning', { skip: noDaemons() }, (t) => {
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

// A freezer of cgroup v1 holds what KILL was sent to; a disk that hangs does that on a server.
const freezer = '/sys/fs/cgroup/freezer'
if (existsSync(freezer) && process.getuid?.() === 0)
  test('a process that is still there after KILL fails the stop, and keeps its pidfile', { skip: noDaemons() }, (t) => {
    const d = daemons(shells[0]!.argv, t, '5.2.7', { ...FAST, sleep: ':' })
    const cold = `${freezer}/shipit-test-${process.pid}`
    mkdirSync(cold)
    t.after(async () => {
      writeFileSync(`${cold}/freezer.state`, 'THAWED')
      // it is in there until its parent has reaped it
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
