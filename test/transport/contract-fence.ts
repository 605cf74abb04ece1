import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { raw } from '../../src/shell/raw.ts'
import { sh } from '../../src/shell/sh.ts'
import { LOCK_FILE } from '../../src/transport/keeper/script/index.ts'
import type { SessionTrace } from '../../src/transport/types.ts'
import { program } from '../support/needs.ts'
import type { Ground } from './contract.ts'
import { MOVES, withPids } from './contract-reach.ts'
import { alive, hear, pidsIn, processes, steps, until } from './contract-support.ts'

/** The keeper as the lock file names it: the process that holds the lock, and its group. */
const keeperIn = (dir: string): { readonly pid: number; readonly group: number } => {
  const [, pid, group] = /^keeper (\d+) \d+ (\d+)$/m.exec(readFileSync(`${dir}/.shipit/${LOCK_FILE}`, 'utf8')) ?? []
  return { pid: Number(pid), group: Number(group) }
}
const parentOf = (pid: number): number => processes().find((one) => one.pid === pid)!.parent

/** What may stop: each gets the keeper and the step's process, and returns the pids to stop. */
const STOPS: Readonly<Record<string, (of: { readonly pid: number; readonly group: number; readonly step: number }) => readonly number[]>> =
  {
    'the whole keeper': ({ group }) => [-group],
    'the part of the keeper that decides': ({ pid }) => [pid],
    'the part of the keeper that reads': ({ pid, group }) =>
      processes()
        .filter((one) => one.group === group && one.pid !== pid && one.pid !== group)
        .map((one) => one.pid),
    'the process of sshd': ({ group }) => [parentOf(group)],
    'the keeper and the step': ({ group, step }) => [-group, step],
  }

/** Signals processes. One that has ended meanwhile, such as the `sleep` between two ticks, gets none. */
const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      // it has ended
    }
  }
}

/** After a keeper hangs, nothing of its session runs beside the next session. */
export const contractOfFences = (ground: Ground): void => {
  const kinds = Object.entries(MOVES).filter(([, script]) =>
    ['setsid', 'bash', 'script'].every((tool) => !script.includes(tool) || program(tool)),
  )
  let n = 0
  const request = (dir: string) => ({ deployTo: dir, run: 'run', owner: 'anna@desk', what: 'deploy', since: 1_700_000_000 })
  const options = { heartbeat: 400, grace: 500 }

  /** A session that is lost because the processes of `stop` are stopped while all kinds of steps run; and the steps' processes. */
  const lostSession = async (dir: string, stop: (typeof STOPS)[string]) => {
    const old = await ground.login(options)
    assert.deepEqual(await old.lock(request(dir)), { taken: true })
    const pids = await Promise.all(
      [...kinds.slice(0, 5), ...kinds.slice(5).filter(([where]) => where.includes('env -i'))].map(async ([, move]) => {
        const file = `${dir}/pids.${++n}`
        void old.run(steps(sh`${raw(withPids(file, move))}`))
        return (await pidsIn(file))[0]!
      }),
    )
    const keeper = keeperIn(dir)
    const stopped = stop({ ...keeper, step: pids[0]! })
    signal(stopped, 'SIGSTOP')
    await old.lost
    return { old, pids, keeper, stopped }
  }
  const goOn = (pids: readonly number[]): void => signal(pids, 'SIGCONT')

  for (const [what, stop] of Object.entries(STOPS)) {
    test(`the next session ends the steps of one lost because ${what} stopped, before it takes the lock`, async () => {
      // for a local session that is this process
      if (what === 'the process of sshd' && ground.ssh.transport === 'local') return
      const dir = `${ground.dir}/fence${++n}`
      const { old, pids, keeper, stopped } = await lostSession(dir, stop)
      try {
        await using next = await ground.login(options)
        assert.deepEqual(await next.fence(old.trace()!), { gone: true, left: [] })
        assert.deepEqual(pids.filter(alive), [])
        assert.equal(alive(keeper.pid), false)
        assert.deepEqual(await next.lock({ ...request(dir), again: true }), { taken: true })
        goOn(stopped)
        assert.equal((await next.run(steps(sh`true`))).failed, undefined)
        assert.equal(readFileSync(`${dir}/.shipit/lock.run`, 'utf8').trim(), 'run')
      } finally {
        goOn(stopped)
        await old.close()
      }
    })
  }

  test('a keeper that cannot continue is killed with its steps and its waiting shells', async () => {
    const dir = `${ground.dir}/fence${++n}`
    const { old, pids, keeper, stopped } = await lostSession(dir, STOPS['the whole keeper']!)
    // it is stopped again whenever it continues, as in a frozen control group
    const freeze = setInterval(() => alive(keeper.pid) && process.kill(-keeper.group, 'SIGSTOP'), 1)
    try {
      await using next = await ground.login(options)
      assert.deepEqual(await next.fence(old.trace()!), { gone: true, left: [] })
      assert.deepEqual([...pids, keeper.pid].filter(alive), [])
    } finally {
      clearInterval(freeze)
      goOn(stopped)
      await old.close()
    }
  })

  test('a stopped keeper is noticed once its step is to end, even if the step prints without pause', async () => {
    const dir = `${ground.dir}/fence${++n}`
    await using old = await ground.login(options)
    await old.lock(request(dir))
    const stop = new AbortController()
    const heard = hear()
    const work = old.run(steps(sh`while :; do echo; sleep 0.1; done`), { signal: stop.signal, sink: heard })
    await heard.line(1)
    const { group } = keeperIn(dir)
    process.kill(-group, 'SIGSTOP')
    stop.abort()
    assert.match((await old.lost).message, /no answer from the host/)
    await work
    await using next = await ground.login(options)
    assert.deepEqual(await next.fence(old.trace()!), { gone: true, left: [] })
  })

  test('a lock whose keeper is stopped is reported with the pids to continue, which frees it', async () => {
    const dir = `${ground.dir}/fence${++n}`
    const { old, keeper, stopped } = await lostSession(dir, STOPS['the whole keeper']!)
    try {
      await using other = await ground.login(options)
      const result = await other.lock({ ...request(dir), run: 'other' })
      assert.ok(!result.taken && 'halted' in result, JSON.stringify(result))
      assert.ok(result.halted!.includes(keeper.pid))
      for (const pid of result.halted!) process.kill(pid, 'SIGCONT')
      await until(async () => (await other.lock({ ...request(dir), run: 'other' })).taken)
    } finally {
      goOn(stopped)
      await old.close()
    }
  })

  test('a fence leaves alone what the lost session did not start: another login, a daemon, a reused pid', async () => {
    const dir = `${ground.dir}/fence${++n}`
    await using other = await ground.login(options)
    const file = `${dir}.other`
    const work = other.run(steps(sh`${raw(withPids(file, MOVES['a session of its own (setsid)']!))}`))
    const [theirs] = await pidsIn(file)
    const { old, keeper, stopped } = await lostSession(dir, STOPS['the whole keeper']!)
    try {
      const trace = old.trace()!
      // as if the pids of a shell and of the keeper had been reused
      const mistaken: SessionTrace = {
        ...trace,
        keeper: trace.keeper.replace(` ${keeper.pid} `, ` ${process.pid} `),
        shells: [...trace.shells, { pid: parentOf(theirs!), stay: false }, { pid: process.pid, stay: false }],
      }
      await using next = await ground.login(options)
      assert.equal((await next.fence(mistaken)).gone, true)
      assert.ok(alive(theirs!))
      assert.deepEqual(await next.fence(trace), { gone: true, left: [] })
      assert.ok(alive(theirs!))
    } finally {
      goOn(stopped)
      await old.close()
      await other.close()
      await work
    }
  })
}
