import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, test, type TestContext } from 'node:test'
import {
  cannot,
  commit,
  deployTo,
  deployed,
  enqueue,
  exits,
  hosts,
  installUnit,
  jobs,
  phases,
  project,
  root,
  shipit,
  sidekiqState,
  spawnShipit,
  text,
  until,
  wipe,
} from './harness.ts'
import type { CliOutcome, Project } from './harness.ts'
import type { ProjectOptions } from './support/project.ts'

/** The last lines of a run: its warnings and its failures. */
const lastLines = ({ events }: CliOutcome): string => {
  const end = events.findLast((event) => event.type === 'run:end')
  const failures = events.flatMap((event) => (event.type === 'failure' ? [JSON.stringify(event.failure)] : []))
  return [...(end?.type === 'run:end' ? (end.warnings ?? []).map(({ message }) => message) : []), ...failures].join('\n')
}

describe('the processes that a run stops and starts', { skip: cannot() }, () => {
  const { h1 } = hosts('h1')
  beforeEach(async () => {
    await wipe(h1)
    await phases.clear(h1)
    await h1.root('rm -rf /etc/systemd/system/sidekiq*.service.d /etc/systemd/system/sidekiq@.service; systemctl daemon-reload')
  })

  const make = (t: TestContext, settings = '', more: ProjectOptions = {}): Project => {
    const p = project({ use: `[bundler(), sidekiq({ serviceUnitUser: 'system', ${settings} })]`, ...more })
    t.after(p.remove)
    return p
  }
  const live = async (): Promise<string | undefined> => (await deployed(h1)).live
  const pid = async (): Promise<number> => (await sidekiqState(h1, 'system')).pid
  const dropIn = (text: string, unit = 'sidekiq') =>
    h1.root(
      `mkdir -p /etc/systemd/system/${unit}.service.d; printf '%s\n' '[Service]' '${text.replaceAll('\n', "' '")}' > /etc/systemd/system/${unit}.service.d/test.conf; systemctl daemon-reload`,
    )
  const isQuiet = async (): Promise<boolean | undefined> => {
    const { pid: main, processes } = await sidekiqState(h1, 'system')
    return processes.find((one) => one.pid === main)?.quiet
  }
  const shown = async (p: Project): Promise<unknown> =>
    (await shipit(p, ['production', 'sidekiq:status'])).events.find((event) => event.type === 'table')?.rows[0]?.['quiet']
  const busy = async (): Promise<void> => {
    await enqueue(h1, 'endless', 60)
    await until('the job runs', async () => (await jobs(h1)).filter((line) => line.startsWith('start')).length > 0)
  }

  test('are named in the last lines if a restart, a rolling deploy or a recovery had to kill them', async (t) => {
    const p = make(t, 'timeout: 8', { phases: true })
    await phases.install(h1)
    await installUnit(h1, 'system')
    exits(await shipit(p, ['production', 'deploy']), 0)
    await dropIn('TimeoutStopSec=2')
    const killed = /sidekiq\.service was killed .*jobs may be lost/s

    await busy()
    const restart = await shipit(p, ['production', 'sidekiq:restart'])
    exits(restart, 0)
    assert.match(lastLines(restart), killed)

    await busy()
    const rolling = await shipit(make(t, 'timeout: 8, rolling: 1'), ['production', 'deploy'])
    exits(rolling, 0)
    assert.match(lastLines(rolling), killed)

    await busy()
    await phases.fail(h1, 'updated')
    const failed = await shipit(p, ['production', 'deploy'])
    exits(failed, 1)
    assert.match(lastLines(failed), killed)
    assert.equal(await isQuiet(), false)

    // an idle process ends by itself, however long that takes on this machine
    await phases.clear(h1)
    await dropIn('TimeoutStopSec=90')
    const again = await shipit(p, ['production', 'sidekiq:restart'])
    exits(again, 0)
    assert.doesNotMatch(lastLines(again), /was killed/)

    // a process that something else ends during a restart, with a readable journal
    await h1.root('usermod -aG systemd-journal deploy')
    t.after(() => h1.root('gpasswd -d deploy systemd-journal'))
    await dropIn('ExecStop=/bin/sh -c "kill -9 $MAINPID"')
    const crashed = await shipit(p, ['production', 'sidekiq:restart'])
    exits(crashed, 0)
    assert.match(
      lastLines(crashed),
      /sidekiq\.service did not end by itself before it was started again: a signal killed it \(signal\), and jobs may be lost/,
    )
  })

  test("are quieted by the signal alone if the unit's reload does more, and stay the same process", async (t) => {
    const p = make(t)
    await installUnit(h1, 'system')
    exits(await shipit(p, ['production', 'deploy']), 0)
    await dropIn('ExecReload=\nExecReload=/bin/kill -USR1 $MAINPID\nExecReload=/bin/kill -TSTP $MAINPID')
    await h1.root('systemctl restart sidekiq')
    const before = await pid()
    await busy()
    exits(await shipit(p, ['production', 'sidekiq:quiet']), 0)
    assert.equal(await pid(), before)
    await until('it is quiet', async () => (await isQuiet()) === true)
    const doctor = await shipit(p, ['production', 'doctor'])
    assert.match(text(doctor), /sidekiq\.service: .*reload.*USR1/)

    // a quiet process is neither started nor overlooked
    const start = await shipit(p, ['production', 'sidekiq:start'])
    exits(start, 1)
    assert.match(lastLines(start), /sidekiq\.service \(PID \d+\) is quiet.*shipit production sidekiq:restart/s)
    assert.match(text(doctor), /sidekiq\.service is quiet \(PID \d+\)/)
    assert.equal(await shown(p), 'yes !')
    exits(await shipit(p, ['production', 'sidekiq:restart']), 0)
    assert.equal(await isQuiet(), false)
    assert.equal(await shown(p), 'no')
  })

  test('are a failure if they outlive their stop, and the printed command ends them', async (t) => {
    const p = make(t)
    const left = () => h1.sh('pgrep -c "^sidekiq|bundle|ruby" || true')
    await installUnit(h1, 'system', (unit) =>
      unit
        .replace('exec bundle exec', 'cd .; bundle exec')
        .replace("sidekiq.yml'", "sidekiq.yml; true'")
        .replace('Type=notify', 'Type=simple\nKillMode=process')
        .replace('WatchdogSec=30\n', ''),
    )
    exits(await shipit(p, ['production', 'deploy']), 0)
    const stop = await shipit(p, ['production', 'sidekiq:stop'])
    exits(stop, 1)
    assert.match(lastLines(stop), /sidekiq\.service has ended, but one of its processes still runs: \d+ \(/)
    const command = /sudo kill -s TERM \d+(?: \d+)*/.exec(lastLines(stop))?.[0]
    assert.ok(command)
    await h1.sh(command)
    await until('nothing is left', async () => (await left()).trim() === '0')
    await dropIn('KillMode=mixed')
    exits(await shipit(p, ['production', 'sidekiq:start']), 0)
    exits(await shipit(p, ['production', 'sidekiq:stop']), 0)
  })

  test('are a failure if the startup hook fails, even after READY=1', async (t) => {
    const p = make(t)
    await installUnit(h1, 'system')
    exits(await shipit(p, ['production', 'deploy']), 0)
    const worker = `${readFileSync(join(root, 'test/hosts/app/worker.rb'), 'utf8')}\nSidekiq.configure_server { |c| c.on(:startup) { sleep 1; raise 'hook' } }\n`
    await commit('fails in its hook', { 'worker.rb': worker }, 'hook')
    exits(await shipit(p, ['production', 'deploy', '--branch', 'hook']), 7)
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    assert.equal((await sidekiqState(h1, 'system')).release, await live())
  })

  test('are a failure if a Type=simple unit ends seconds after its start, or is in a crash loop', async (t) => {
    const p = make(t)
    await installUnit(h1, 'system', (unit) => unit.replace('Type=notify', 'Type=simple').replace('WatchdogSec=30\n', ''))
    exits(await shipit(p, ['production', 'deploy']), 0)
    const slow = await commit('ends late', { 'worker.rb': "sleep 5\nraise 'too late'\n" }, 'ends-late')
    const outcome = await shipit(p, ['production', 'deploy', '--branch', 'ends-late'])
    exits(outcome, 7)
    assert.match(lastLines(outcome), /sidekiq\.service/)
    assert.equal((await deployed(h1)).revision, slow)
  })

  test('are up at once after a rollback out of a crash loop, even if systemd gave up', async (t) => {
    const p = make(t)
    // systemd gives up after five starts, however long they take
    await installUnit(h1, 'system', (unit) =>
      unit.replace('RestartSec=1', 'RestartSec=200ms').replace('[Unit]', '[Unit]\nStartLimitIntervalSec=1h'),
    )
    await commit('cannot boot', { 'worker.rb': "raise 'no'\n" }, 'crash-loop')
    for (const wait of [false, true]) {
      exits(await shipit(p, ['production', 'deploy']), 0)
      exits(await shipit(p, ['production', 'deploy', '--branch', 'crash-loop']), 7)
      if (wait) await until('systemd gives up', async () => /failed/.test(await h1.sh('systemctl is-failed sidekiq || true')), 120_000)
      exits(await shipit(p, ['production', 'deploy:rollback']), 0)
      assert.equal((await sidekiqState(h1, 'system')).release, await live())
    }
  })

  test('fail the deploy if the quiet signal ends them, and the next deploy at once', async (t) => {
    const p = make(t)
    await installUnit(h1, 'system')
    exits(await shipit(p, ['production', 'deploy']), 0)
    const worker = readFileSync(join(root, 'test/hosts/app/worker.rb'), 'utf8')
    await commit(
      'ends at TSTP',
      { 'worker.rb': `${worker}\nSidekiq.configure_server { |c| c.on(:startup) { trap('TSTP') { exit!(1) } } }\n` },
      'tstp',
    )
    exits(await shipit(p, ['production', 'deploy', '--branch', 'tstp']), 0)
    for (const time of ['first', 'second']) {
      const before = await pid()
      const refused = await shipit(p, ['production', 'deploy', '--branch', 'tstp'])
      exits(refused, 1)
      assert.match(lastLines(refused), new RegExp(`${before} ended after TSTP.*does not handle TSTP`, 's'), time)
      await until('systemd has restarted it', async () => ![0, before].includes(await pid()))
      await until('it is up', async () => (await sidekiqState(h1, 'system')).processes.length > 0)
    }
  })

  test('are left alone by a recovery if they were not quieted or if a new one could not start', async (t) => {
    const p = make(t, '', { phases: true })
    await phases.install(h1)
    await installUnit(h1, 'system')
    exits(await shipit(p, ['production', 'deploy']), 0)
    const before = await pid()

    // its folder is removed while it runs, and quiet still works
    await phases.hold(h1, 'updated')
    const run = spawnShipit(p, ['production', 'deploy'])
    await until('the host waits', () => phases.running(h1))
    await dropIn('WorkingDirectory=/var/www/app/releases/20200101000000')
    run.child.kill('SIGINT')
    const outcome = await run.done
    assert.equal(await pid(), before, text(outcome))
    assert.match(lastLines(outcome), /sidekiq\.service is quiet and was not restarted.*WorkingDirectory/s)
  })

  test('are up again when a start is interrupted at any moment', async (t) => {
    const p = make(t)
    await installUnit(h1, 'system')
    exits(await shipit(p, ['production', 'deploy']), 0)
    for (const wait of [0, 10, 50]) {
      for (const tasks of [['deploy'], ['sidekiq:restart'], ['sidekiq:stop', 'sidekiq:start']]) {
        const run = spawnShipit(p, ['production', ...tasks])
        await run.event((event) => event.type === 'task:start' && /^sidekiq:(start|restart)$/.test(event.task))
        await new Promise((resolve) => setTimeout(resolve, wait))
        run.child.kill('SIGINT')
        const outcome = await run.done
        assert.ok((await pid()) > 0, `${tasks.join(' ')} after ${wait} ms\n${text(outcome)}`)
        assert.equal((await sidekiqState(h1, 'system')).release, await live(), tasks.join(' '))
      }
    }
  })

  test('are restarted one after the other with `rolling`, and a first one that fails spares the rest', async (t) => {
    const p = make(t, "rolling: 1, processes: 2, timeout: 8, user: 'deploy', commandArgs: ['-r', './worker.rb']")
    exits(await shipit(p, ['production', 'sidekiq:install', '--set', 'ssh.user=root']), 0)
    exits(await shipit(p, ['production', 'deploy']), 0)
    const down = async () =>
      (await h1.sh('systemctl is-active sidekiq@1 sidekiq@2 || true')).split('\n').filter((one) => one !== 'active').length
    let most = 0
    let watching = true
    const watch = (async () => {
      while (watching) most = Math.max(most, await down())
    })()
    exits(await shipit(p, ['production', 'sidekiq:restart']), 0)
    watching = false
    await watch
    assert.ok(most <= 1, `${most} were down at once`)

    const second = await h1.sh('systemctl show -P MainPID sidekiq@2')
    await dropIn('ExecStart=\nExecStart=/bin/false', 'sidekiq@1')
    const outcome = await shipit(p, ['production', 'sidekiq:restart'])
    exits(outcome, 1)
    assert.match(lastLines(outcome), /sidekiq@1\.service/)
    assert.doesNotMatch(lastLines(outcome), /sidekiq@2\.service does not run/)
    assert.equal(await h1.sh('systemctl show -P MainPID sidekiq@2'), second)
    assert.equal(await h1.sh('systemctl is-active sidekiq@2'), 'active')
    await h1.sh(`test -d ${deployTo}/current`)
  })
})
