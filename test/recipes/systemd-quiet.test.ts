import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { z } from 'zod'
import { sidekiq, systemdService, systemdSettings } from '../../recipes/index.ts'
import { defineRecipe } from '../../src/index.ts'
import { live, running, shown } from '../golden/systemd.ts'
import { commandsOf, hintOf } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

const settings = z.object({ ...systemdSettings() })
const service = systemdService<z.output<typeof settings>>({
  recipe: 'loom',
  name: 'Loom',
  on: () => 'release',
  exec: () => ['bin/loom'],
  quiet: 'USR1',
})
const loom = defineRecipe({ name: 'loom', settings, facts: service.facts, tasks: { ...service.tasks, quiet: service.quiet } })

/** Seconds on systemd's clock. */
const at = (seconds: number) => String(seconds * 1e6)

/** The steps around the signal for a unit whose main process is `pid`, and what systemd answers after the signal. */
const quieted = (dir: string, recipe: 'sidekiq' | 'loom', pid: number, before: Record<string, string>) => {
  const unit = { ...running(pid), ...before }
  const given = { ...live, deployTo: dir, facts: { session: '1000\n/run/user/1000\n', units: shown([unit]) } }
  const steps = commandsOf(recipe === 'loom' ? loom() : sidekiq({ serviceUnitUser: 'system' }), 'quiet', given)
  const find = (title: RegExp) => steps.find(({ spec }) => title.test(spec.title ?? ''))!
  const reload = steps.find(({ spec }) => spec.diagnose !== undefined)!.spec.diagnose!
  return { note: find(/^note which process gets the signal/), check: find(/is still the same process$/), reload }
}

const ended = async () => {
  const child = spawn('true', { stdio: 'ignore' })
  await once(child, 'exit')
  return child.pid!
}

interface Attempt {
  /** how often systemd had restarted the unit before, and when the process before this one ended */
  readonly restarts: number
  readonly left: number
  /** when this one ended, and how often systemd has restarted the unit since */
  readonly ended: number
  readonly more?: number
  /** whether the process was still there to get the signal */
  readonly signalled: boolean
  /** the process ended while systemd waited for its ExecReload=, so that the reload failed */
  readonly reloadFails?: true
}

/** Quiets a process that has ended by the time of the check, once per attempt; returns the exit code and what was printed. */
const quiet = async (t: TestContext, argv: readonly [string, ...string[]], recipe: 'sidekiq' | 'loom', attempts: readonly Attempt[]) => {
  const made = stubs({})
  t.after(made.remove)
  const results = []
  for (const { restarts, left, ended: end, more = 1, signalled, reloadFails } of attempts) {
    const alive = spawn('sleep', ['60'], { stdio: 'ignore' })
    const pid = signalled ? alive.pid! : await ended()
    const before = { NRestarts: String(restarts), ActiveExitTimestampMonotonic: at(left) }
    const after = `ActiveState=active MainPID=1 Result=success NRestarts=${restarts + more} ActiveExitTimestampMonotonic=${at(end)}`
    const answer = `case "$*" in (*--value*) echo ${at(end)} ;; (*) printf '%s\\n' ${after} ;; esac`
    const systemctl = stubs({ systemctl: answer, journalctl: ':' })
    t.after(systemctl.remove)
    const { note, check, reload } = quieted(made.dir, recipe, pid, before)
    runSteps(argv, [note], { PATH: systemctl.path })
    alive.kill('SIGKILL')
    await once(alive, 'exit')
    if (reloadFails) {
      runSteps(argv, [reload], { PATH: systemctl.path })
      continue
    }
    const [ran] = runSteps(argv, [check], { PATH: systemctl.path })
    assert.deepEqual(check.spec.allow, [3, 5])
    results.push({ code: ran!.code, stderr: ran!.stderr, hint: hintOf(check, { code: ran!.code, stderr: ran!.stderr }) ?? '' })
  }
  return results
}

const FAILS = 4
const FAILS_UNEXPLAINED = 1
const WARNS = 3
const cases: readonly (readonly [what: string, attempts: readonly (Attempt & { code: number })[]])[] = [
  ['a first process that the signal ends', [{ restarts: 0, left: 0, ended: 100, signalled: true, code: FAILS }]],
  ['a process that ended before the signal', [{ restarts: 0, left: 0, ended: 100, signalled: false, code: FAILS_UNEXPLAINED }]],
  [
    'a process that the signal ends, and the next one soon after it',
    [
      { restarts: 0, left: 0, ended: 100, signalled: true, code: FAILS },
      { restarts: 1, left: 100, ended: 110, signalled: true, code: FAILS },
      { restarts: 2, left: 110, ended: 120, signalled: true, code: FAILS },
    ],
  ],
  ['a process in a crash loop that ends right after the signal', [{ restarts: 3, left: 100, ended: 102, signalled: true, code: WARNS }]],
  ['a process in a crash loop that ends before the signal', [{ restarts: 3, left: 100, ended: 102, signalled: false, code: WARNS }]],
  [
    'a process in a crash loop that begins after the signal ended another',
    [
      { restarts: 0, left: 0, ended: 100, signalled: true, code: FAILS },
      { restarts: 2, left: 103, ended: 105, signalled: true, code: WARNS },
    ],
  ],
  ['a process that systemd restarted an hour ago', [{ restarts: 3, left: 100, ended: 3700, signalled: true, code: FAILS }]],
  ['a process that others follow at once', [{ restarts: 1, left: 100, ended: 3700, more: 2, signalled: true, code: WARNS }]],
]
for (const { name, argv } of shells)
  for (const recipe of ['sidekiq', 'loom'] as const)
    for (const [what, attempts] of cases)
      test(`${what} ${attempts.at(-1)!.code === WARNS ? 'is a warning' : 'fails the deploy'} (${recipe}, ${name})`, async (t) => {
        const signal = recipe === 'sidekiq' ? 'TSTP' : 'USR1'
        const results = await quiet(t, argv, recipe, attempts)
        assert.deepEqual(
          results.map(({ code }) => code),
          attempts.map(({ code }) => code),
        )
        for (const { code, stderr, hint } of results) {
          if (code === WARNS)
            assert.match(stderr, /^\S+: process \d+ has ended, as others did shortly before or after it: it does not stay up\./)
          else assert.match(stderr, new RegExp(`^\\S+: process \\d+ ended after ${signal}, which should only have stopped it taking work`))
          if (code === FAILS)
            assert.match(hint, new RegExp(`^this process, or what wraps it, does not handle ${signal}\\. .*see .*journalctl`))
        }
      })

for (const { name, argv } of shells)
  test(`a process that the signal ends soon after the end of another made a reload fail fails the deploy (${name})`, async (t) => {
    const results = await quiet(t, argv, 'sidekiq', [
      { restarts: 0, left: 0, ended: 100, signalled: true, reloadFails: true },
      { restarts: 1, left: 100, ended: 110, signalled: true },
    ])
    assert.deepEqual(
      results.map(({ code }) => code),
      [FAILS],
    )
  })

for (const { name, argv } of shells)
  for (const signalled of [true, false])
    test(`a process that ends without an error ${signalled ? 'at the signal is a warning' : 'before the signal is fine'} (${name})`, async (t) => {
      const made = stubs({ systemctl: `printf '%s\\n' ActiveState=inactive MainPID=0 Result=success NRestarts=0`, journalctl: ':' })
      t.after(made.remove)
      const child = spawn('sleep', ['60'], { stdio: 'ignore' })
      const { note, check } = quieted(made.dir, 'loom', child.pid!, {})
      if (signalled) runSteps(argv, [note], { PATH: made.path })
      child.kill('SIGKILL')
      await once(child, 'exit')
      const [ran] = runSteps(argv, [check], { PATH: made.path })
      assert.equal(ran!.code, signalled ? 5 : 0)
      if (signalled)
        assert.match(ran!.stderr, /^\S+: process \d+ ended after USR1, without an error: it is down until it is started again$/m)
      else assert.match(ran!.stdout, /has ended by itself/)
    })

for (const { name, argv } of shells)
  test(`a process that the signal suspends fails the deploy, with the command that resumes it (${name})`, async (t) => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' })
    const pid = child.pid!
    const made = stubs({ systemctl: `printf '%s\\n' ActiveState=active MainPID=${pid}`, journalctl: ':' })
    t.after(() => {
      child.kill('SIGKILL')
      made.remove()
    })
    child.kill('SIGSTOP')
    const { check } = quieted(made.dir, 'sidekiq', pid, {})
    const [ran] = runSteps(argv, [check], { PATH: made.path })
    assert.ok(ran!.stderr.startsWith(`sidekiq.service: TSTP suspended ${pid} instead of quieting it\n`))
    assert.match(hintOf(check, ran!)!, new RegExp(`Resume it: sudo kill -s CONT ${pid}\\.`))
  })
