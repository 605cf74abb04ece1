import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { cannot, deployTo, exits, hosts, project, said, shipit, spawnShipit, text, until, wipe } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

/** Runs forever; pgrep finds it by its name and by how it was started. */
const work = (way: string): string => `sh -c 'while :; do sleep 1; done' reach-work ${way}`

/** All ways at once. A process that systemd starts does not belong to the step. */
const step = [
  `timeout 600 ${work('timeout')} &`,
  `setsid ${work('setsid')} &`,
  `bash -c "set -m; ${work('jobs')} & wait" &`,
  `nohup ${work('nohup')} >/dev/null 2>&1 &`,
  `script -qc "${work('script')}" /dev/null >/dev/null &`,
  `( setsid ${work('daemon')} >/dev/null 2>&1 </dev/null & )`,
  `( env -i setsid ${work('emptied')} >/dev/null 2>&1 </dev/null & )`,
  `sudo ${work('sudo')} &`,
  `sudo setsid ${work('sudo-setsid')} >/dev/null 2>&1 </dev/null &`,
  `sudo sh -c "setsid ${work('sudo-daemon')} >/dev/null 2>&1 </dev/null &"`,
  `sudo -u cindy setsid ${work('other-account')} &`,
  `sudo systemd-run -q --unit reach-unit ${work('unit')}`,
  'wait',
].join('\n')
const WAYS = 11

const config = (script: string): string =>
  `tasks: { migrate: { steps: () => [sh\`${script.replaceAll('\\', '\\\\')}\`] } }, hooks: { after: { 'deploy:updating': 'migrate' } },`

/** The ways whose processes run; with `itself` only of the work, not of the programs that start it. */
const running = async (host: LabHost, itself = ''): Promise<string[]> =>
  (await host.root(`pgrep -af '${itself}[r]each-work' | grep -o '[r]each-work [a-z-]*' | sort -u || :`)).split('\n').filter(Boolean)

/** Configurations in which root's processes are harder to find. */
const PLACES = [
  { place: '', sudo: '!use_pty', proc: 'hidepid=0' },
  { place: ', where sudo has a terminal of its own', sudo: 'use_pty', proc: 'hidepid=0' },
  { place: ', where an account sees its own processes alone', sudo: 'use_pty', proc: 'hidepid=2' },
]

describe('the processes of a step', { skip: cannot() }, () => {
  const { h1 } = hosts('h1')
  let p: Project
  before(async () => {
    await wipe(h1)
    p = project()
    exits(await shipit(p, ['production', 'deploy']), 0)
  })

  const begun = async (o: Parameters<typeof project>[0]): Promise<{ all: Project; run: ReturnType<typeof spawnShipit> }> => {
    const all = project(o)
    const run = spawnShipit(all, ['production', 'deploy'])
    await run.event((event) => event.type === 'step:start' && event.task === 'migrate')
    await until('all of it runs', async () => (await running(h1, '^[^ ]*sh -c while .*')).length === WAYS + 1)
    return { all, run }
  }
  const gone = async (): Promise<void> => {
    assert.deepEqual(await running(h1), ['reach-work unit'])
    await h1.root('systemctl stop reach-unit')
    exits(await shipit(p, ['production', 'deploy']), 0)
  }

  test('are ended by the next login before the recovery runs, if the keeper was stopped', async (t) => {
    t.after(() => h1.root('systemctl stop reach-unit 2>/dev/null || :; rm -f /tmp/beside'))
    const recovery = `mend: { steps: () => [sh\`pgrep -af '[r]each-work' > /tmp/beside || :\`] },`
    const more = config(step)
      .replace('tasks: {', `tasks: { ${recovery}`)
      .replace('hooks: { after: {', "hooks: { after: { 'deploy:failed': 'mend',")
    const one = await begun({ more })
    t.after(one.all.remove)
    const group = await h1.root(`awk '/^keeper /{ print $4 }' ${deployTo}/.shipit/lock`)
    await h1.root(`kill -s STOP -- -${group.trim()}`)
    exits(await one.run.done, 3)
    assert.doesNotMatch(await h1.root('cat /tmp/beside'), /reach-work (?!unit)/)
    await gone()
  })

  for (const { place, sudo, proc } of PLACES) {
    test(`are ended by Ctrl-C and kill -9 of the client: in any session, and root's${place}`, async (t) => {
      await h1.root(`echo 'Defaults ${sudo}' >/etc/sudoers.d/pty; chmod 440 /etc/sudoers.d/pty; mount -o remount,${proc} /proc`)
      t.after(() => h1.root('mount -o remount,hidepid=0 /proc; rm -f /etc/sudoers.d/pty; systemctl stop reach-unit 2>/dev/null || :'))
      const one = await begun({ more: config(step) })
      t.after(one.all.remove)
      one.run.child.kill('SIGINT')
      const outcome = await one.run.done
      exits(outcome, 130)
      await gone()

      const two = await begun({ more: config(step) })
      t.after(two.all.remove)
      two.run.child.kill('SIGKILL')
      await two.run.done
      // a run that starts at once waits, or finds the lock free
      await until('the next run works', async () => (await shipit(p, ['production', 'deploy'])).code === 0)
      await gone()
    })
  }

  test("are named if they are root's and nothing may end them, and keep the lock until they end or you release it", async (t) => {
    await h1.root(`printf '#!/bin/sh\\ntrap "" TERM HUP\\nwhile :; do sleep 1; done\\n' >/usr/local/bin/rootwork; chmod 755 /usr/local/bin/rootwork
echo 'nosudo ALL=(ALL) NOPASSWD: /usr/local/bin/rootwork' >/etc/sudoers.d/zz-nosudo; chmod 440 /etc/sudoers.d/zz-nosudo`)
    t.after(() => h1.root('rm -f /etc/sudoers.d/zz-nosudo; pkill -KILL -x rootwork || :'))
    const limited = { user: 'nosudo', deployTo: '~/app' }
    const stuck = project({ ...limited, more: config('sudo -n /usr/local/bin/rootwork') })
    const next = project(limited)
    t.after(stuck.remove)
    t.after(next.remove)
    const pidOf = async (): Promise<string> => (await h1.try('pgrep -x rootwork')).stdout.trim()
    for (const [signal, way] of [
      ['SIGINT', 'end'],
      ['SIGKILL', 'let go'],
    ] as const) {
      const run = spawnShipit(stuck, ['production', 'deploy'])
      await run.event((event) => event.type === 'step:start' && event.task === 'migrate')
      await until('it runs', async () => (await pidOf()) !== '')
      const pid = await pidOf()
      run.child.kill(signal)
      const outcome = await run.done
      if (signal === 'SIGINT') {
        exits(outcome, 130)
        assert.match(text(outcome), new RegExp(`could not be ended: .*${pid} \\(root\\) .*rootwork`))
      }
      let locked = await shipit(next, ['production', 'deploy'])
      await until('the run has ended', async () => {
        if (!/that run has ended, but/.test(text(locked))) locked = await shipit(next, ['production', 'deploy'])
        return /that run has ended, but/.test(text(locked))
      })
      exits(locked, 4)
      const failure = locked.events.find((event) => event.type === 'failure')
      assert.ok(failure?.type === 'failure')
      assert.match(failure.failure.reason, new RegExp(`still runs: .*${pid} \\(root\\) .*rootwork`))
      const [end, letGo] = failure.failure.hint!.split('\n')
      if (way === 'end') await h1.root(/as root on h1: (.*)/.exec(end!)![1]!)
      else {
        const [, command] = /release the lock: (ssh .*)$/.exec(letGo!)!
        await import('./support/child.ts').then(({ must }) => must('sh', ['-c', command!]))
      }
      await until('the lock is free', async () => {
        const outcome = await shipit(next, ['production', 'deploy'])
        if (way === 'let go') exits(outcome, 0)
        return outcome.code === 0
      })
      await h1.root('pkill -KILL -x rootwork || :')
    }
  })

  test("cannot be locked out by another account, and root's lock is named with its command", async (t) => {
    const lock = '/var/www/shop/.shipit/lock'
    const file = (await h1.try(`ls ${lock} || find /var/www /srv /home/deploy -name lock -path '*.shipit*' 2>/dev/null`)).stdout
      .trim()
      .split('\n')[0]!
    assert.match(await h1.try(`sudo -u cindy flock -n ${file} true`).then(({ stderr }) => stderr), /Permission denied/)
    await h1.root(`setsid flock ${file} sleep 300 >/dev/null 2>&1 </dev/null &`)
    t.after(() => h1.root("pkill -KILL -f 'flock.*sleep 300' || :; pkill -KILL -f 'sleep 300' || :"))
    await until('it is locked', async () => (await h1.try(`flock -n ${file} true`)).code === 1)
    const outcome = await shipit(p, ['production', 'deploy'])
    exits(outcome, 4)
    assert.match(text(outcome), /not a run of shipit: \d+ \(root\) flock .*sleep 300 has .*\.shipit\/lock/)
    assert.doesNotMatch(text(outcome), /locked by tester/, said(outcome))
  })

  test('are ended, with every shell, by a cut that is not healed, and the lock is free', async (t) => {
    const one = await begun({ more: config(step) })
    t.after(one.all.remove)
    t.after(() => h1.root('systemctl stop reach-unit 2>/dev/null || :'))
    const shells = () => h1.root('pgrep -u deploy -x sh || :')
    assert.notEqual(await shells(), '')
    await h1.fault('cut')
    await until('the last shell has ended', async () => (await shells()) === '', 180_000)
    await h1.fault('heal')
    one.run.child.kill('SIGKILL')
    await one.run.done
    await gone()
  })
})
