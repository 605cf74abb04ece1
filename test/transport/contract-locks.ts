import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { LOCK_FILE } from '../../src/transport/keeper-script.ts'
import { LOCK_RUN_FILE } from '../../src/values/layout.ts'
import { ShipitError } from '../../src/values/errors.ts'
import type { Ground } from './contract.ts'
import { hear, steps } from './contract-support.ts'

export const contractOfLocks = (ground: Ground): void => {
  const request = (deployTo: string, run: string) => ({
    deployTo,
    run,
    owner: `${run}@desk`,
    what: 'production deploy',
    since: 1_700_000_000,
  })

  test('of two that want the lock at once exactly one gets it, and the other learns who has it', async () => {
    const dir = `${ground.dir}/two at 'once'`
    await using one = await ground.login()
    await using two = await ground.login()
    const results = await Promise.all([one.lock(request(dir, 'anna')), two.lock(request(dir, 'bert'))])
    const winner = results[0].taken ? 'anna' : 'bert'
    assert.deepEqual(results.map(({ taken }) => taken).sort(), [false, true])
    const loser = results.find(({ taken }) => !taken)
    assert.deepEqual(loser, { taken: false, run: winner, owner: `${winner}@desk`, what: 'production deploy', since: 1_700_000_000 })
    assert.equal(readFileSync(`${dir}/${LOCK_RUN_FILE}`, 'utf8'), `${winner}\n`)
  })

  test('the lock is free when its session has closed, and the run that had it is no longer named', async () => {
    const dir = `${ground.dir}/closed`
    const one = await ground.login()
    assert.deepEqual(await one.lock(request(dir, 'anna')), { taken: true })
    await one.close()
    assert.equal(readFileSync(`${dir}/${LOCK_RUN_FILE}`, 'utf8'), '')
    await using two = await ground.login()
    assert.deepEqual(await two.lock(request(dir, 'bert')), { taken: true })
  })

  test('no step inherits the lock: what a script leaves behind does not hold it', async () => {
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

  test('what strangers wrote into the lock file is shown as one line each', async () => {
    const dir = `${ground.dir}/strange`
    await using one = await ground.login()
    await one.lock(request(dir, 'anna'))
    writeFileSync(
      `${dir}/.shipit/${LOCK_FILE}`,
      Buffer.from(`r\x1b[2J\n$(touch ${dir}/pwned)\0\n-n\nnever\nlock taken\n${'x'.repeat(5000)}`, 'latin1'),
    )
    await using two = await ground.login()
    const result = await two.lock(request(dir, 'bert'))
    assert.deepEqual(result, { taken: false, run: 'r [2J', owner: `$(touch ${dir}/pwned)`, what: '-n', since: 0 })
  })

  test('a lock whose directory cannot be made is an error with host, reason and remedy', async () => {
    writeFileSync(`${ground.dir}/file`, '')
    await using session = await ground.login()
    await assert.rejects(session.lock(request(`${ground.dir}/file`, 'anna')), (error: unknown) => {
      assert.ok(error instanceof ShipitError)
      assert.match(error.message, /cannot be created: .*(?:Not a directory|File exists)/)
      assert.equal(error.host, session.host.name)
      assert.match(error.hint!, /create the deploy_to directory/)
      return true
    })
    // and the keeper is none the worse for it
    assert.deepEqual(await session.lock(request(`${ground.dir}/dir`, 'anna')), { taken: true })
  })
}
