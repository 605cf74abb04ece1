import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import {
  cannot,
  cap,
  commit,
  deployed,
  enqueue,
  exits,
  farmNet,
  hosts,
  installUnit,
  jobs,
  labFile,
  must,
  noCapistrano,
  phases,
  run,
  scripts,
  sidekiqState,
  until,
  wipe,
} from './harness.ts'

/** Tests of the lab itself, without shipit. */
describe('the lab', { skip: cannot() }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  beforeEach(() => wipe(h1, h2))

  test('runs systemd, Redis and sshd on its hosts, which know each other', async () => {
    for (const host of [h1, h2]) {
      assert.equal(await host.sh('hostname; cat /proc/1/comm; redis-cli ping; sudo id -un'), `${host.name}\nsystemd\nPONG\nroot`)
    }
    assert.match(await h1.sh(`exec 3<>/dev/tcp/${h2.address}/22; head -c 4 <&3`), /^SSH-$/)
  })

  test('has no route out of this machine', async () => {
    assert.equal(await h1.sh('ip route | grep -c default || true'), '0')
  })

  test('silences a host by a cut cable or a freeze, and brings it back', async () => {
    const silent = async (): Promise<boolean> =>
      (await run('timeout', ['2', 'bash', '-c', `exec 3<>/dev/tcp/${h1.address}/22; head -c 4 <&3`])).stdout !== 'SSH-'
    for (const [fault, mend] of [
      ['cut', 'heal'],
      ['freeze', 'thaw'],
    ] as const) {
      await h1.fault(fault)
      assert.ok(await silent(), fault)
      await h1.fault(mend)
      await until('it answers', async () => !(await silent()))
    }
    await h1.sh('echo kept > ~/kept; sync')
    await h1.fault('crash')
    await h1.boot()
    assert.equal(await h1.sh('cat ~/kept'), 'kept')
  })

  test('boots a host again after a reboot, whatever runs on it then', async () => {
    const boot = 'cat /proc/1/stat | cut -d" " -f22; systemctl is-active redis-server'
    for (let round = 0; round < 5; round++) {
      const before = await h1.sh(boot)
      const still = h1.try('sleep 1000')
      await h1.try('sudo systemctl reboot')
      await until('it is up', async () => {
        const { code, stdout } = await h1.try(boot)
        return code === 0 && stdout.trim() !== before
      })
      assert.notEqual((await still).code, 0)
    }
  })

  test('answers from the farm at the first contact, even after it was created anew', async () => {
    const answers = async (n: number): Promise<number | undefined> =>
      (await run('ssh', ['-F', labFile('ssh_config'), '-l', 'root', `${farmNet}.${n}`, 'true'])).code
    try {
      for (const round of ['first', 'second']) {
        await must(`${scripts}farm.sh`, ['up', '4'])
        assert.deepEqual(await Promise.all([1, 2, 3, 4].map(answers)), [0, 0, 0, 0], round)
      }
    } finally {
      await must(`${scripts}farm.sh`, ['down'])
    }
  })

  test('makes a phase fail or wait as requested', async () => {
    await phases.install(h1)
    assert.equal(await h1.sh('phase updating; echo done'), 'done')
    await phases.fail(h1, 'updating')
    assert.equal((await h1.try('phase updating')).code, 3)
    await phases.clear(h1)
    await phases.hold(h1, 'updated')
    const waits = h1.try('/usr/local/bin/phase updated')
    await until('it waits', () => phases.running(h1))
    await phases.clear(h1)
    assert.equal((await waits).code, 0)
    assert.equal(await phases.running(h1), false)
  })

  for (const [host, scope] of [
    [h1, 'system'],
    [h2, 'user'],
  ] as const) {
    test(`runs the application under a ${scope} unit, and Redis says when it is quiet`, { skip: noCapistrano() }, async () => {
      const revision = await commit(`for ${scope}`, { 'scope.txt': scope })
      await installUnit(host, scope)
      exits(await cap(['deploy'], { WITH: 'bundler', SERVERS: host.address }), 0)
      const ctl = scope === 'user' ? 'systemctl --user' : 'sudo systemctl'
      await host.sh(`${ctl} start sidekiq`)
      const state = await sidekiqState(host, scope)
      const now = await deployed(host)
      assert.deepEqual([now.revision, state.release], [revision, now.live])
      await enqueue(host, 'one', 0)
      await until('the job ran', async () => (await jobs(host)).length === 2)
      assert.deepEqual(await jobs(host), [`start one ${now.live} ${state.pid}`, `end one ${now.live} ${state.pid}`])
      await host.sh(`${ctl} reload sidekiq`)
      await until('Redis says quiet', async () => (await sidekiqState(host, scope)).processes.every((process) => process.quiet))
    })
  }
})
