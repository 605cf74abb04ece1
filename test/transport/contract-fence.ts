import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { raw } from '../../src/shell/raw.ts'
import { sh } from '../../src/shell/sh.ts'
import { LOCK_FILE } from '../../src/transport/keeper-script.ts'
import type { SessionTrace } from '../../src/transport/types.ts'
import { program } from '../support/needs.ts'
import type { Ground } from './contract.ts'
import { MOVES, withPids } from './contract-reach.ts'
import { alive, hear, pidsIn, processes, steps, until } from './contract-support.ts'

/** Its numbers as the lock file has them: the process that holds the lock, and the group. */
const keeperIn = (dir: string): { readonly pid: number; readonly group: number } => {
  const [, pid, group] = /^keeper (\d+) \d+ (\d+)$/m.exec(readFileSync(`${dir}/.shipit/${LOCK_FILE}`, 'utf8')) ?? []
  return { pid: Number(pid), group: Number(group) }
}
const parentOf = (pid: number): number => processes().find((one) => one.pid === pid)!.parent

/** What may stop: each gets the keeper and the step's process, and gives whom to stop. */
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

/** After a keeper that hangs, nothing of its session runs beside what comes next. */
export const contractOfFences = (ground: Ground): void => {
  const kinds = Object.entries(MOVES).filter(([, script]) =>
    ['setsid', 'bash', 'script'].every((tool) => !script.includes(tool) || program(tool)),
  )
  let n = 0
  const request = (dir: string) => ({ deployTo: dir, run: 'run', owner: 'anna@desk', what: 'deploy', since: 1_700_000_000 })
  const options = { heartbeat: 400, grace: 500 }

  /** A session that is lost because what `stop` names has stopped, while all kinds of steps run; and their processes. */
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
    for (const pid of stopped) process.kill(pid, 'SIGSTOP')
    await old.lost
    return { old, pids, keeper, stopped }
  }
  const goOn = (pids: readonly number[]): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGCONT')
      } catch {
        // it has ended, as it should
      }
    }
  }

  for (const [what, stop] of Object.entries(STOPS)) {
    test(`when ${what} was stopped, the next session ends what the lost one left before it takes the lock`, async () => {
      // a local session's is this process itself
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
        assert.equal(readFileSync(`${dir}/.shipit/lock.run`, 'utf8'), 'run\n')
      } finally {
        goOn(stopped)
        await old.close()
      }
    })
  }

  test('a keeper that cannot go on is ended with what it owned, and shells that only waited too', async () => {
    const dir = `${ground.dir}/fence${++n}`
    const { old, pids, keeper, stopped } = await lostSession(dir, STOPS['the whole keeper']!)
    // it is stopped again whenever it goes on, like one in a frozen control group
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

  test('a step that prints on and on does not hide that its keeper has stopped, once it is to end', async () => {
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

  test('a lock whose keeper was stopped is told with what lets it go on, and that does', async () => {
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

  test('what a lost session did not start is left alone: another login, a daemon, what is known by number alone', async () => {
    const dir = `${ground.dir}/fence${++n}`
    await using other = await ground.login(options)
    const file = `${dir}.other`
    const work = other.run(steps(sh`${raw(withPids(file, MOVES['a session of its own (setsid)']!))}`))
    const [theirs] = await pidsIn(file)
    const { old, keeper, stopped } = await lostSession(dir, STOPS['the whole keeper']!)
    try {
      const trace = old.trace()!
      // as if a shell's number, and the keeper's, were another's by now
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
