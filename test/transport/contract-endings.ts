import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import type { ClientWork } from './contract-client.ts'
import type { Ground } from './contract.ts'
import { alive, descendants, hear, pidsIn, steps, until } from './contract-support.ts'

/** Starts a client process and waits until it prints `word`. */
export const client = async (work: ClientWork, word = 'sent') => {
  const child = spawn(process.execPath, [`${import.meta.dirname}/contract-client.ts`, JSON.stringify(work)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += chunk))
  child.on('close', () => (printed += 'gone\n'))
  await until(() => printed.includes(`${word}\n`) || printed.includes('gone\n'))
  assert.match(printed, new RegExp(`^${word}$`, 'm'))
  return child
}

const request = (deployTo: string) => ({ deployTo, run: 'next', owner: 'next', what: 'test', since: 2 })

export const contractOfEndings = (ground: Ground): void => {
  test('kill -9 of the client ends everything it started, what ignores TERM too, and frees the lock', async () => {
    const dir = `${ground.dir}/kill9`
    const pids = `${ground.dir}/kill9.pids`
    const child = await client({
      ssh: ground.ssh,
      options: { grace: 300 },
      lock: dir,
      scripts: [
        `echo $$ >>${pids}; sleep 300`,
        `trap '' TERM; echo $$ >>${pids}; sleep 300 >/dev/null 2>&1 & echo $! >>${pids}; wait; sleep 300`,
      ],
    })
    const started = await pidsIn(pids, 3)
    assert.ok(started.every(alive))
    child.kill('SIGKILL')
    for (const pid of started) await until(() => !alive(pid), `${pid} ends`)
    await using session = await ground.login()
    await until(async () => (await session.lock(request(dir))).taken, 'the lock is free')
  })

  test('a client that falls silent counts as gone', async () => {
    const dir = `${ground.dir}/silent`
    const pids = `${ground.dir}/silent.pids`
    const child = await client({
      ssh: ground.ssh,
      options: { heartbeat: 200, grace: 300 },
      lock: dir,
      scripts: [`echo $$ >>${pids}; sleep 300`],
    })
    const [pid] = await pidsIn(pids)
    child.kill('SIGSTOP')
    try {
      await until(() => !alive(pid!), 'the step ends')
      await using session = await ground.login()
      await until(async () => (await session.lock(request(dir))).taken, 'the lock is free')
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('a background process of a finished step goes on after leave(), and the lock is free', async () => {
    const dir = `${ground.dir}/leave`
    const session = await ground.login()
    assert.ok((await session.lock({ ...request(dir), run: 'first' })).taken)
    const heard = hear()
    await session.run(steps(sh`sleep 300 >/dev/null 2>&1 & echo $!`), { sink: heard })
    await session.leave()
    const pid = Number(heard.text(1))
    assert.ok(pid > 1)
    try {
      await using other = await ground.login()
      await until(async () => (await other.lock(request(dir))).taken, 'the lock is free')
      assert.ok(alive(pid))
    } finally {
      process.kill(pid)
    }
  })

  test('cancelling one of two scripts side by side ends only that one', async () => {
    await using session = await ground.login()
    const stop = new AbortController()
    const [one, two] = [hear(), hear()]
    const first = session.run(steps(sh`echo $$; sleep 300 & echo $!; wait`, sh`echo never`), { sink: one, signal: stop.signal })
    const second = session.run(steps(sh`echo begun; while [ ! -e ${ground.dir}/go ]; do sleep 0.05; done; echo $$`.timeout('25s')), {
      sink: two,
    })
    await until(() => one.text(1).split('\n').length === 3)
    await two.line(1)
    stop.abort()
    const outcome = await first
    assert.deepEqual(
      outcome.steps.map(({ status, reason }) => [status, reason]),
      [
        ['cancelled', 'cancelled'],
        ['not-run', undefined],
      ],
    )
    assert.ok(
      one
        .text(1)
        .trim()
        .split('\n')
        .every((pid) => !alive(Number(pid))),
    )
    await session.run(steps(sh`: > ${ground.dir}/go`))
    assert.equal((await second).failed, undefined)
  })

  test('a process that ignores TERM is killed after the grace period, even if it has no output open', async () => {
    await using session = await ground.login({ grace: 300 })
    const stop = new AbortController()
    const heard = hear()
    const running = session.run(steps(sh`trap '' TERM; echo $$; (while :; do sleep 1; done) >/dev/null 2>&1 & echo $!; wait; sleep 300`), {
      sink: heard,
      signal: stop.signal,
    })
    await until(() => heard.text(1).split('\n').length === 3)
    stop.abort()
    assert.equal((await running).failed?.status, 'cancelled')
    assert.ok(
      heard
        .text(1)
        .trim()
        .split('\n')
        .every((pid) => !alive(Number(pid))),
    )
  })

  test('a step that times out fails, and its processes end', async () => {
    await using session = await ground.login()
    const heard = hear()
    const outcome = await session.run(steps(sh`true`.timeout('10s'), sh`sleep 300 & echo $!; wait`.timeout(500), sh`echo never`), {
      sink: heard,
    })
    assert.deepEqual(
      outcome.steps.map(({ status }) => status),
      ['ok', 'failed', 'not-run'],
    )
    assert.equal(outcome.failed?.reason, 'timed out after 500ms')
    assert.equal(alive(Number(heard.text(2))), false)
  })

  test('a step that kills its own shell fails, and the session still works', async () => {
    await using session = await ground.login()
    const outcome = await session.run(steps(sh`true`, sh`kill -9 $$`, sh`echo never`))
    assert.deepEqual(
      outcome.steps.map(({ status }) => status),
      ['ok', 'failed', 'not-run'],
    )
    assert.match(outcome.failed!.reason!, /shell that ran it ended: SIGKILL/)
    assert.equal((await session.run(steps(sh`true`))).failed, undefined)
  })

  test('a killed shell is noticed even if a child of it keeps its output open', async () => {
    await using session = await ground.login({ heartbeat: 300 })
    const heard = hear()
    const outcome = await session.run(steps(sh`sleep 300 & echo $!; kill -9 $$; sleep 300`, sh`echo never`), { sink: heard })
    assert.deepEqual(
      outcome.steps.map(({ status }) => status),
      ['failed', 'not-run'],
    )
    assert.match(outcome.failed!.reason!, /shell that ran it ended/)
    assert.equal(alive(Number(heard.text(1))), false)
  })

  test('closing the session ends its steps', async () => {
    const session = await ground.login()
    const heard = hear()
    const running = session.run(steps(sh`echo $$; sleep 300`), { sink: heard })
    const pid = Number(await heard.line(1))
    await session.close()
    assert.equal((await running).failed?.status, 'cancelled')
    assert.equal(alive(pid), false)
    const late = await session.run(steps(sh`echo never`))
    assert.deepEqual(
      late.steps.map(({ status }) => status),
      ['not-run'],
    )
  })

  test('a session leaves no process behind', async () => {
    const before = new Set(descendants(process.pid).map(({ pid }) => pid))
    const session = await ground.login()
    assert.equal((await session.run(steps(sh`true`))).failed, undefined)
    const started = descendants(process.pid).filter(({ pid, name }) => !before.has(pid) && !name.startsWith('sshd'))
    // the keeper alone has several processes
    assert.ok(started.length > 2, JSON.stringify(started))
    await session.close()
    for (const { pid, name } of started) await until(() => !alive(pid), `${name} ${pid} ends`)
  })

  test('a client that has closed its session exits by itself', async () => {
    const child = await client({ ssh: ground.ssh }, 'done')
    if (child.exitCode === null) await once(child, 'close')
    assert.equal(child.exitCode, 0)
  })
}
