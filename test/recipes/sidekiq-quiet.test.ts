import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sidekiq } from '../../recipes/index.ts'
import type { Context, Manager } from '../../recipes/sidekiq/manager.ts'
import { leftQuiet, noteQuiet, quietFindings, verifyAwake } from '../../recipes/sidekiq/quietness.ts'
import { sh } from '../../src/index.ts'
import { contextOf, hintOf } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

/** A process with this title, and the commands about it. */
const place = async (t: TestContext, title: string) => {
  const made = stubs({})
  const child = spawn('bash', ['-c', 'exec -a "$0" sleep 60', title], { stdio: 'ignore' })
  t.after(() => {
    child.kill('SIGKILL')
    made.remove()
  })
  const pid = child.pid!
  while (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${title}\0`)) await setTimeout(20)
  const by = { pids: () => sh`echo ${`sidekiq.service ${pid}`}` } as unknown as Manager
  const c = contextOf(sidekiq(), { deployTo: made.dir, settings: { manager: 'signals' } }) as unknown as Context
  return { c, by, pid, dir: made.dir }
}

for (const { name, argv } of shells) {
  test(`a start that finds a quiet process fails and names the command that wakes it (${name})`, async (t) => {
    const at = await place(t, 'sidekiq 6.4.1 shop [0 of 5 busy] stopping')
    const [ran] = runSteps(argv, [verifyAwake(at.c, at.by)])
    assert.equal(ran!.code, 1)
    assert.equal(ran!.stderr, `sidekiq.service (PID ${at.pid}) is quiet: it runs but takes no jobs\n`)
    assert.equal(hintOf(verifyAwake(at.c, at.by), {}), 'shipit production sidekiq:restart')
  })

  test(`a quieted process counts as quiet before its title says so, and no other process does (${name})`, async (t) => {
    const at = await place(t, 'sidekiq 6.4.1 shop [2 of 5 busy]')
    const awake = () => runSteps(argv, [verifyAwake(at.c, at.by)])[0]!.code
    assert.equal(awake(), 0)
    assert.equal(runSteps(argv, [noteQuiet(at.c, { name: 'sidekiq.service', pid: at.pid })])[0]!.code, 0)
    assert.equal(awake(), 1)
    const file = join(at.dir, '.shipit', 'quiet', 'sidekiq.service')
    assert.match(readFileSync(file, 'utf8'), new RegExp(`^${at.pid} \\d+\n$`))
    // the pid is reused by a process with another start time
    const next = await place(t, 'sidekiq 6.4.1 shop [0 of 5 busy]')
    runSteps(argv, [sh`mkdir -p ${next.dir}/.shipit/quiet && echo ${`${next.pid} 1`} > ${next.dir}/.shipit/quiet/sidekiq.service`])
    assert.equal(runSteps(argv, [verifyAwake(next.c, next.by)])[0]!.code, 0)
  })
}

test('doctor names a process that was left quiet, with the command that wakes it', async (t) => {
  const at = await place(t, 'sidekiq 7.3.2 shop [1 of 5 busy] stopping')
  const left = leftQuiet({ ...at.c, runs: () => false }, at.by)
  const { stdout } = runSteps(['sh'], [left.command])[0]!
  assert.equal(stdout, `sidekiq.service ${at.pid}\n`)
  const c = { ...at.c, facts: { quiet: left.parse({ ok: true, code: 0, stdout, stderr: '' }) } }
  assert.deepEqual(quietFindings(c), [
    {
      level: 'error',
      message: `sidekiq.service is quiet (PID ${at.pid}): it runs but takes no jobs`,
      remedy: 'shipit production sidekiq:restart',
    },
  ])
})
