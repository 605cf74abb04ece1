import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { ShipitError } from '../../src/values/errors.ts'
import { needs, startSshd, withAccount } from '../support/sshd.ts'
import type { Sshd } from '../support/sshd.ts'
import { client } from './contract-endings.ts'
import { login } from './contract-places.ts'
import { alive, hear, pidsIn, steps, until } from './contract-support.ts'

describe('a session as another account', { skip: needs('root', 'sshd', 'ssh-keygen', 'useradd') }, () => {
  let sshd: Sshd
  before(async () => {
    sshd = await startSshd({ rc: true })
  })
  after(() => sshd.stop())
  const as = (user: string) => ({ ...sshd.host().ssh, user, port: sshd.port })

  test('root can log in, run steps and cancel them', async () => {
    await using session = await login(as('root'))
    const stop = new AbortController()
    const heard = hear()
    const running = session.run(steps(sh`id -u; echo $$; sleep 300`), { sink: heard, signal: stop.signal })
    await until(() => heard.text(1).split('\n').length === 3)
    const [uid, pid] = heard.text(1).split('\n')
    assert.equal(uid, '0')
    stop.abort()
    assert.equal((await running).failed?.status, 'cancelled')
    assert.equal(alive(Number(pid)), false)
  })

  test('an account with csh as its shell works like any other', { skip: needs('csh') }, async () => {
    await using account = await withAccount('csh', { shell: '/bin/csh', files: { '.cshrc': 'echo "welcome $user"\n' } })
    await using session = await login(as(account.name))
    const heard = hear()
    assert.equal((await session.run(steps(sh`x=1; echo "x=$x"; id -un`), { sink: heard })).failed, undefined)
    assert.equal(heard.text(1), `x=1\n${account.name}\n`)
  })

  test("output of an account's start-up files belongs to no step", async () => {
    const noise = 'echo noise; echo noise >&2; printf "no newline"\n'
    await using account = await withAccount('noisy', { shell: '/bin/bash', files: { '.bashrc': noise } })
    await using session = await login(as(account.name))
    const heard = hear()
    assert.equal((await session.run(steps(sh`echo mine`), { sink: heard })).failed, undefined)
    assert.equal(heard.text(1), 'mine\n')
    assert.equal(heard.text(1, 'stderr'), '')
    assert.equal(heard.text(undefined) + heard.text(undefined, 'stderr'), '')
    assert.deepEqual(await session.lock({ deployTo: '~/app', run: 'r', owner: 'o', what: 'w', since: 0 }), { taken: true })
    assert.match(readFileSync(`${account.home}/app/.shipit/lock`, 'utf8'), /^r\no\nw\n0\n/)
  })

  test('an account without a shell is an error with what it printed', async () => {
    await using account = await withAccount('nologin', { shell: '/usr/sbin/nologin' })
    // repeated: the exit code may come in the same packet as the answer to exec
    for (let i = 0; i < 5; i++) {
      await assert.rejects(login(as(account.name)), (error: unknown) => {
        assert.ok(error instanceof ShipitError)
        assert.match(error.message, /the account gives no shell \(exit 1\); it printed: This account is currently not available/)
        assert.equal(error.exit, 3)
        assert.equal(error.host, 'lab')
        return true
      })
    }
  })

  test('an account whose start-up file waits for input is given up after a while', async () => {
    await using account = await withAccount('waits', {
      shell: '/bin/bash',
      files: { '.bashrc': 'echo "Choose a project:"; exec cat >/dev/null\n' },
    })
    await assert.rejects(
      login(as(account.name), { shellTimeout: 1500 }),
      /gives no shell \(no answer after 1.5 s\); it printed: Choose a project:/,
    )
  })

  test('two accounts of one group take the lock in turn where their group may write in its folder', async (t) => {
    await using anna = await withAccount('anna')
    await using bert = await withAccount('bert')
    execFileSync('usermod', ['-aG', anna.name, bert.name])
    const dir = mkdtempSync(join(tmpdir(), 'shipit-shared-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const at = (user: string) => ({ deployTo: dir, run: user, owner: user, what: 'w', since: 0 })
    execFileSync('sh', ['-c', 'mkdir "$1/.shipit"; chown -R "$2:$3" "$1"; chmod 775 "$1" "$1/.shipit"', 'sh', dir, bert.name, anna.name])
    for (const { name } of [bert, anna, bert]) {
      const session = await login(as(name))
      assert.deepEqual(await session.lock(at(name)), { taken: true }, name)
      await session.close()
    }
    const file = join(dir, '.shipit/lock.run')
    chmodSync(file, 0o600)
    await using session = await login(as(anna.name))
    await assert.rejects(session.lock(at(anna.name)), (error: unknown) => {
      assert.ok(error instanceof ShipitError)
      assert.equal(error.message, `the lock file cannot be written: ${file} belongs to ${bert.name}, and its mode keeps ${anna.name} out`)
      const command = `chmod g+rw ${file}`
      assert.equal(error.hint, `if both accounts deploy here, on that host, as ${bert.name} or root: ${command}`)
      execFileSync('sh', ['-c', command])
      return true
    })
    assert.deepEqual(await session.lock(at(anna.name)), { taken: true })
  })

  describe('with sudo', { skip: needs('sudo') }, () => {
    const sudoers = `/etc/sudoers.d/shipit-test-${process.pid}`
    after(() => rmSync(sudoers, { force: true }))
    const stubborn = (file: string) => sh`sudo sh -c ${`trap : TERM; echo $$ >>${file}; while :; do sleep 1; done`}`

    test('a cancelled step ends what root runs as another user through sudo', async () => {
      await using session = await login(as('root'), { grace: 500 })
      const stop = new AbortController()
      const heard = hear()
      const running = session.run(steps(sh`sudo -u nobody sh -c 'trap : TERM; echo $$; while :; do sleep 1; done'`), {
        sink: heard,
        signal: stop.signal,
      })
      const pid = Number(await heard.line(1))
      stop.abort()
      assert.equal((await running).failed?.reason, 'cancelled')
      assert.equal(alive(pid), false)
    })

    test('a cancelled step ends what runs as root through sudo, even if it ignores TERM', async () => {
      await using account = await withAccount('sudoer')
      writeFileSync(sudoers, `${account.name} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 })
      const file = `${account.home}/pids`
      await using session = await login(as(account.name), { grace: 500 })
      for (const step of [sh`sudo sh -c ${`echo $$ >>${file}; sleep 300`}`, stubborn(file)]) {
        const stop = new AbortController()
        const running = session.run(steps(step), { signal: stop.signal })
        const [pid] = await pidsIn(file)
        stop.abort()
        assert.equal((await running).failed?.reason, 'cancelled')
        assert.equal(alive(pid!), false)
        rmSync(file)
      }
    })

    test('kill -9 of the client ends what runs as root through sudo', async () => {
      await using account = await withAccount('sudoer')
      writeFileSync(sudoers, `${account.name} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 })
      const file = `${account.home}/pids`
      const script = `sudo sh -c 'trap : TERM; echo $$ >>${file}; while :; do sleep 1; done'`
      const child = await client({ ssh: as(account.name), options: { grace: 300 }, scripts: [script] })
      const [pid] = await pidsIn(file)
      child.kill('SIGKILL')
      await until(() => !alive(pid!), 'the step ends')
    })

    test('a cancelled step reports that a process still runs where sudo may not run kill', async () => {
      await using account = await withAccount('limited')
      const file = `${account.home}/pids`
      writeFileSync(sudoers, `${account.name} ALL=(ALL) NOPASSWD: /bin/sh, /usr/bin/sh\n`, { mode: 0o440 })
      await using session = await login(as(account.name), { grace: 300 })
      const stop = new AbortController()
      const running = session.run(steps(stubborn(file)), { signal: stop.signal })
      const [pid] = await pidsIn(file)
      stop.abort()
      try {
        assert.match((await running).failed!.reason!, /cancelled; some of its processes still run/)
        assert.ok(alive(pid!))
      } finally {
        process.kill(pid!, 'SIGKILL')
      }
    })
  })
})
