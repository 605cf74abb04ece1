import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { ShipitError } from '../../src/values/errors.ts'
import { needs, startSshd } from '../support/sshd.ts'
import type { Sshd } from '../support/sshd.ts'
import { client } from './contract-endings.ts'
import { login } from './contract-places.ts'
import { alive, hear, pidsIn, processes, steps, until } from './contract-support.ts'

const skip = needs('sshd', 'ssh-keygen')
// a channel that is opened the moment another closes is refused by sshd, and ssh's queue then waits forever (src/transport/ssh/channels.ts)

const server = async (t: TestContext, config: readonly string[] = []) => {
  const sshd = await startSshd({ config })
  t.after(sshd.stop)
  return { sshd, ssh: { ...sshd.host().ssh, user: sshd.user, port: sshd.port } }
}

/** A proxy between client and server that can stop forwarding without closing anything, like a pulled cable. */
const cable = async (t: TestContext, to: Sshd) => {
  const sockets = new Set<Socket>()
  const proxy = createServer((near) => {
    const far = dial(to.port, '127.0.0.1')
    for (const [from, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from
        .on('data', (chunk) => other.write(chunk))
        .on('error', () => {})
        .on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  return {
    port: (proxy.address() as AddressInfo).port,
    cut: () => {
      for (const socket of sockets) socket.removeAllListeners('data').pause()
    },
  }
}

test('a connection lost during a step fails the step, and its processes end', { skip }, async (t) => {
  const { sshd, ssh } = await server(t)
  const session = await login(ssh)
  const heard = hear()
  const running = session.run(steps(sh`true`, sh`echo $$; sleep 300`, sh`echo never`), { sink: heard })
  const pid = Number(await heard.line(2))
  sshd.dropConnections()
  const outcome = await running
  assert.deepEqual(
    outcome.steps.map(({ status }) => status),
    ['ok', 'failed', 'not-run'],
  )
  assert.match(outcome.failed!.reason!, /^connection lost: /)
  assert.ok(outcome.lost)
  assert.equal(await session.lost, outcome.lost)
  await until(() => !alive(pid), 'the step ends')
  const late = await session.run(steps(sh`echo never`))
  assert.deepEqual([late.steps[0]!.status, late.failed], ['not-run', undefined])
  assert.ok(late.lost)
  await session.close()
})

test('a cut cable ends the steps on the host and frees the lock', { skip }, async (t) => {
  const { sshd, ssh } = await server(t)
  const wire = await cable(t, sshd)
  const dir = mkdtempSync(join(tmpdir(), 'shipit-cable-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const work = {
    ssh: { ...ssh, port: wire.port, hostKeys: 'no' as const },
    options: { heartbeat: 200 },
    lock: dir,
    scripts: [`echo $$ >${dir}/pids; sleep 300`],
  }
  const cut = await client(work)
  t.after(() => cut.kill('SIGKILL'))
  const [pid] = await pidsIn(`${dir}/pids`)
  wire.cut()
  await until(() => !alive(pid!), 'the step ends')
  await using session = await login(ssh)
  await until(async () => (await session.lock({ deployTo: dir, run: 'r', owner: 'o', what: 'w', since: 0 })).taken, 'the lock is free')
})

test('a cut cable is a lost connection for the client', { skip }, async (t) => {
  const { sshd, ssh } = await server(t)
  const wire = await cable(t, sshd)
  const session = await login({ ...ssh, port: wire.port, hostKeys: 'no' }, { heartbeat: 300 })
  const heard = hear()
  const running = session.run(steps(sh`echo $$; sleep 300`, sh`echo never`), { sink: heard })
  const pid = Number(await heard.line(1))
  wire.cut()
  const outcome = await running
  assert.deepEqual(
    outcome.steps.map(({ status }) => status),
    ['failed', 'not-run'],
  )
  assert.match(outcome.failed!.reason!, /^connection lost: no answer from the host/)
  assert.ok(outcome.lost)
  await session.close()
  await until(() => !alive(pid), 'the step ends')
})

test('a keeper killed on the host is a lost session, and its steps end', { skip }, async (t) => {
  const { ssh } = await server(t)
  await using session = await login(ssh, { heartbeat: 500 })
  const heard = hear()
  const running = session.run(steps(sh`echo $$; sleep 300`), { sink: heard })
  const pid = Number(await heard.line(1))
  // the keeper is the other shell of this login, whose group runs a sleep
  const keeper = () => {
    const all = processes()
    const login = all.find((one) => one.pid === pid)?.parent
    const clock = (group: number): boolean => all.some((one) => one.group === group && one.name === 'sleep')
    return all.find((one) => one.parent === login && one.pid !== pid && clock(one.pid))
  }
  let found: ReturnType<typeof keeper>
  await until(() => (found = keeper()) !== undefined, 'its clock is seen')
  process.kill(-found!.pid, 'SIGKILL')
  const outcome = await running
  assert.match(outcome.failed!.reason!, /^connection lost: the keeper/)
  assert.ok(await session.lost)
  await until(() => !alive(pid), 'the step ends')
})

test('MaxSessions 2 is enough to run scripts one after the other', { skip, timeout: 20_000 }, async (t) => {
  const { ssh } = await server(t, ['MaxSessions 2'])
  await using session = await login(ssh)
  const heard = [1, 2, 3, 4].map(() => hear())
  const outcomes = await Promise.all(heard.map((sink, i) => session.run(steps(sh`echo ${i}; sleep 0.1`), { sink })))
  assert.deepEqual(
    outcomes.map(({ failed, lost }) => [failed, lost]),
    outcomes.map(() => [undefined, undefined]),
  )
  assert.deepEqual(
    heard.map((sink) => sink.text(1)),
    ['0\n', '1\n', '2\n', '3\n'],
  )
})

test("MaxSessions 1 is named in the error's hint", { skip }, async (t) => {
  const { ssh } = await server(t, ['MaxSessions 1'])
  await assert.rejects(
    login(ssh, { shellTimeout: 2000 }),
    (error: unknown) => error instanceof ShipitError && /MaxSessions/.test(error.hint ?? '') && error.exit === 3,
  )
})

test('output arrives whole while the server rekeys many times', { skip }, async (t) => {
  const { ssh } = await server(t, ['RekeyLimit 1M'])
  await using session = await login(ssh)
  let bytes = 0
  const outcome = await session.run(steps(sh`head -c 20000000 /dev/zero`, sh`echo next`), {
    sink: { frame: () => {}, output: (_id, _stream, chunk) => (bytes += chunk.length) },
  })
  assert.deepEqual(
    outcome.steps.map(({ status }) => status),
    ['ok', 'ok'],
  )
  assert.equal(bytes, 20_000_005)
})

test('agent forwarding applies to one script, and works without a spare channel', { skip, timeout: 20_000 }, async (t) => {
  const { ssh } = await server(t, ['AllowAgentForwarding no', 'MaxSessions 2'])
  await using session = await login(ssh)
  const outcome = await session.run(steps(sh`true`), { agent: true })
  // no agent, or the server refuses: the script reports it either way, and the session still works
  if (outcome.lost) assert.ok(outcome.lost instanceof ShipitError)
  assert.equal((await session.run(steps(sh`true`))).failed, undefined)
})
