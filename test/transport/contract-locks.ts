import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { LOCK_FILE } from '../../src/transport/keeper/script/index.ts'
import { LOCK_RUN_FILE } from '../../src/values/layout.ts'
import { ShipitError } from '../../src/values/errors.ts'
import type { LockResult, Session } from '../../src/transport/types.ts'
import type { Ground } from './contract.ts'
import { hear, processes, steps, until } from './contract-support.ts'
import type { Process } from './contract-support.ts'

/** The group of a session's keeper: besides the script's shell, the only one that has children. */
const keeperOf = async (session: Session): Promise<number> => {
  const heard = hear()
  await session.run(steps(sh`echo $$; echo $PPID`), { sink: heard })
  const [shell, parent] = heard.text(1).split('\n').map(Number)
  const all = processes()
  const isKeeper = ({ pid }: Process) => pid !== shell && all.some((child) => child.parent === pid && child.name === 'sh')
  return all.find((one) => one.parent === parent && one.name === 'sh' && isKeeper(one) && newest(all, one))!.pid
}
const newest = (all: readonly Process[], one: Process): boolean =>
  !all.some(
    (other) =>
      other.parent === one.parent &&
      other.name === 'sh' &&
      other.pid > one.pid &&
      all.some((child) => child.parent === other.pid && child.name === 'sh'),
  )

export const contractOfLocks = (ground: Ground): void => {
  const request = (deployTo: string, run: string) => ({
    deployTo,
    run,
    owner: `${run}@desk`,
    what: 'production deploy',
    since: 1_700_000_000,
  })

  test('exactly one of two sessions that ask at once gets the lock, and the other learns who has it', async () => {
    const dir = `${ground.dir}/two at 'once'`
    await using one = await ground.login()
    await using two = await ground.login()
    const results = await Promise.all([one.lock(request(dir, 'anna')), two.lock(request(dir, 'bert'))])
    const winner = results[0].taken ? 'anna' : 'bert'
    assert.deepEqual(results.map(({ taken }) => taken).sort(), [false, true])
    const loser = results.find(({ taken }) => !taken)
    assert.deepEqual(loser, { taken: false, run: winner, owner: `${winner}@desk`, what: 'production deploy', since: 1_700_000_000 })
    assert.equal(readFileSync(`${dir}/${LOCK_RUN_FILE}`, 'utf8').trim(), winner)
  })

  test('the lock is free when its session has closed, and no longer names its run', async () => {
    const dir = `${ground.dir}/closed`
    const one = await ground.login()
    assert.deepEqual(await one.lock(request(dir, 'anna')), { taken: true })
    await one.close()
    assert.equal(readFileSync(`${dir}/${LOCK_RUN_FILE}`, 'utf8').trim(), '')
    await using two = await ground.login()
    assert.deepEqual(await two.lock(request(dir, 'bert')), { taken: true })
  })

  test("a session whose folder was removed leaves another run's lock there when it ends", async () => {
    const dir = `${ground.dir}/removed`
    const one = await ground.login()
    await one.lock(request(dir, 'anna'))
    rmSync(`${dir}/.shipit`, { recursive: true })
    await using two = await ground.login()
    assert.deepEqual(await two.lock(request(dir, 'bert')), { taken: true })
    await one.close()
    assert.equal(readFileSync(`${dir}/${LOCK_RUN_FILE}`, 'utf8').trim(), 'bert')
    await using three = await ground.login()
    const third = await three.lock(request(dir, 'carl'))
    assert.equal('owner' in third && third.owner, 'bert@desk')
  })

  test('steps do not inherit the lock, so that a background process does not hold it', async () => {
    const dir = `${ground.dir}/left`
    const one = await ground.login()
    await one.lock(request(dir, 'anna'))
    const heard = hear()
    await one.run(steps(sh`sleep 300 >/dev/null 2>&1 & echo $!`), { sink: heard })
    const pid = Number(heard.text(1))
    try {
      const held = () => spawnSync('flock', ['-n', `${dir}/.shipit/${LOCK_FILE}`, 'true']).status === 1
      assert.equal(held(), true)
      await one.close()
      assert.equal(held(), false)
    } finally {
      process.kill(pid)
    }
  })

  test('foreign text in the lock file is shown as one line per field', async () => {
    const dir = `${ground.dir}/strange`
    await using one = await ground.login()
    await one.lock(request(dir, 'anna'))
    const file = `${dir}/.shipit/${LOCK_FILE}`
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, Buffer.from(`r\x1b[2J\n$(touch ${dir}/pwned)\0\n-n\nnever\nlock taken\n${'x'.repeat(5000)}`, 'latin1'))
    await using two = await ground.login()
    const result = await two.lock(request(dir, 'bert'))
    assert.deepEqual(result, { taken: false, run: 'r [2J', owner: `$(touch ${dir}/pwned)`, what: '-n', since: 0 })
    const keeper = /^keeper .*$/m.exec(text)![0]
    writeFileSync(file, Buffer.from(`r\x1b[2J\n$(touch ${dir}/pwned)\0\n-n\nnever\n${keeper}\n${'x'.repeat(5000)}`, 'latin1'))
    assert.deepEqual(await two.lock(request(dir, 'bert')), {
      taken: false,
      run: 'r [2J',
      owner: `$(touch ${dir}/pwned)`,
      what: '-n',
      since: 0,
    })
  })

  test("a lock that names a keeper which has ended still counts as a run's, and names no process to kill", async () => {
    const dir = `${ground.dir}/overwritten`
    await using one = await ground.login()
    await one.lock(request(dir, 'anna'))
    const file = `${dir}/.shipit/${LOCK_FILE}`
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^keeper .*$/m, 'keeper 2147483 1 2147483'))
    await using two = await ground.login()
    const result = await two.lock(request(dir, 'bert'))
    assert.deepEqual(result, { taken: false, run: '', owner: 'an unknown user', what: 'something', since: 0 })
  })

  test('the lock and its mark keep their size on disk from run to run, and older text in them is not read', async () => {
    const dir = `${ground.dir}/room`
    const sizes = async (owner: string) => {
      const one = await ground.login()
      await one.lock(request(dir, owner))
      await using two = await ground.login()
      const result = await two.lock(request(dir, 'carl'))
      assert.equal('owner' in result && result.owner, `${owner}@desk`)
      await one.close()
      return [LOCK_RUN_FILE, `.shipit/${LOCK_FILE}`].map((name) => statSync(`${dir}/${name}`).size)
    }
    const [mark = 0, lock = 0] = await sizes('a'.repeat(100))
    assert.ok(mark > 0 && lock > 0)
    assert.deepEqual(await sizes('b'), [mark, lock])
  })

  test('another program that locks the file is named, and not the run that had the lock before', async () => {
    const dir = `${ground.dir}/foreign`
    const one = await ground.login()
    await one.lock(request(dir, 'anna'))
    await one.close()
    const file = `${dir}/.shipit/${LOCK_FILE}`
    // a flock(1) that waits for its command, and one that locked a descriptor of its shell and ended
    for (const script of ['exec flock "$0" sleep 300', 'exec 7<"$0"; flock 7; echo; exec sleep 300 2>&7']) {
      const other = spawn('sh', ['-c', script, file], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
      try {
        await using two = await ground.login()
        let result: LockResult = { taken: true }
        await until(() => spawnSync('flock', ['-n', file, 'true']).status === 1)
        result = await two.lock(request(dir, 'bert'))
        assert.ok(!result.taken && 'holder' in result, JSON.stringify(result))
        assert.equal(result.holder?.pid, other.pid)
        assert.equal(result.holder?.user, userInfo().username)
        assert.match(result.holder!.command, /^(?:flock|sleep 300)/)
      } finally {
        process.kill(-other.pid!, 'SIGKILL')
      }
    }
  })

  test('other accounts cannot open the lock, unless their group may write in its folder', async () => {
    for (const [mode, expected] of [
      [0o755, 0o600],
      [0o775, 0o660],
    ] as const) {
      const dir = `${ground.dir}/mode${expected}`
      mkdirSync(`${dir}/.shipit`, { recursive: true })
      chmodSync(`${dir}/.shipit`, mode)
      // as an older version created it
      writeFileSync(`${dir}/.shipit/${LOCK_FILE}`, '', { mode: 0o644 })
      await using one = await ground.login()
      assert.deepEqual(await one.lock(request(dir, 'anna')), { taken: true })
      for (const file of [LOCK_FILE, 'lock.run']) assert.equal(statSync(`${dir}/.shipit/${file}`).mode & 0o777, expected, file)
      // as an older version created it
      chmodSync(`${dir}/.shipit/lock.run`, 0o644)
      await one.close()
      await using two = await ground.login()
      assert.deepEqual(await two.lock(request(dir, 'anna')), { taken: true })
      assert.equal(statSync(`${dir}/.shipit/lock.run`).mode & 0o777, expected)
    }
  })

  test('a keeper that ends while asked for the lock is a lost connection', async () => {
    const dir = `${ground.dir}/ended`
    await using one = await ground.login()
    await one.lock(request(dir, 'anna'))
    await using two = await ground.login()
    // another session waits for the answer while its keeper is killed with its group
    const keeper = await keeperOf(two)
    const asked = two.lock(request(dir, 'bert'))
    process.kill(-keeper, 'SIGKILL')
    await assert.rejects(
      asked,
      (error: unknown) => error instanceof ShipitError && error.exit === 3 && /connection lost/.test(error.message),
    )
  })

  test('a lock whose directory cannot be created is an error with host, reason and remedy', async () => {
    writeFileSync(`${ground.dir}/file`, '')
    await using session = await ground.login()
    await assert.rejects(session.lock(request(`${ground.dir}/file`, 'anna')), (error: unknown) => {
      assert.ok(error instanceof ShipitError)
      assert.match(error.message, /cannot be created: .*(?:Not a directory|File exists)/)
      assert.equal(error.host, session.host.name)
      assert.match(error.hint!, /^the path is not a directory, /)
      return true
    })
    // the keeper still works
    assert.deepEqual(await session.lock(request(`${ground.dir}/dir`, 'anna')), { taken: true })
  })
}
