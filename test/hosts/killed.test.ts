import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import {
  cannot,
  deployTo,
  deployed,
  enqueue,
  exits,
  hosts,
  installUnit,
  jobs,
  phases,
  project,
  shipit,
  sidekiqState,
  spawnShipit,
  until,
  wipe,
} from './harness.ts'
import type { Project } from './harness.ts'

describe('kill -9 of the client', { skip: cannot() }, () => {
  const { h1 } = hosts('h1')
  let p: Project
  before(async () => {
    await wipe(h1)
    await phases.install(h1)
    await installUnit(h1, 'system')
    p = project({ use: "[bundler(), sidekiq({ serviceUnitUser: 'system' })]", phases: true })
    exits(await shipit(p, ['production', 'deploy']), 0)
    exits(await shipit(p, ['production', 'deploy']), 0)
  })
  const live = async (): Promise<string> => {
    await h1.sh(`cd ${deployTo}/current && test -s REVISION && test -f worker.rb`)
    return (await deployed(h1)).live ?? ''
  }
  /** Starts a task, waits until it reaches a phase, and kills the client. */
  const killIn = async (phase: 'started' | 'publishing' | 'published', task: string): Promise<void> => {
    await phases.hold(h1, phase)
    const run = spawnShipit(p, ['production', task])
    await run.event((event) => event.type === 'step:start' && event.task === `phase:${phase}`)
    await until('the host waits', () => phases.running(h1))
    run.child.kill('SIGKILL')
    await run.done
    await until('its processes are gone', async () => !(await phases.running(h1)))
    await phases.clear(h1)
  }

  for (const phase of ['started', 'publishing', 'published'] as const) {
    test(`in deploy:${phase} of a rollback leaves a complete release live, and the next rollback and deploy work`, async () => {
      const was = await live()
      const { releases } = await deployed(h1)
      await killIn(phase, 'deploy:rollback')
      const now = await live()
      assert.ok(now === was || (releases.includes(now) && now < was), `${now} after ${was}`)
      if (phase === 'started') {
        exits(await shipit(p, ['production', 'deploy:rollback']), 0)
        assert.ok((await live()) < was)
        assert.equal((await sidekiqState(h1, 'system')).release, await live())
      }
      exits(await shipit(p, ['production', 'deploy']), 0)
      const next = await live()
      assert.ok(next > was)
      assert.equal((await sidekiqState(h1, 'system')).release, next)
    })
  }

  test('during sidekiq:restart does not keep the unit from starting, and the next restart works', async (t) => {
    t.after(p.remove)
    const before = await sidekiqState(h1, 'system')
    await enqueue(h1, 'slow', -1)
    await until('the job runs', async () => (await jobs(h1)).some((job) => job.startsWith('start slow ')))
    const run = spawnShipit(p, ['production', 'sidekiq:restart'])
    await run.event((event) => event.type === 'step:start' && event.task === 'sidekiq:restart')
    await until('it is told to stop', async () => (await h1.try('systemctl is-active sidekiq')).stdout.trim() === 'deactivating')
    run.child.kill('SIGKILL')
    await run.done
    await h1.sh('touch /tmp/open.slow')
    await until('it is up again', async () => {
      const { pid } = await sidekiqState(h1, 'system')
      return pid > 0 && pid !== before.pid
    })
    const { pid } = await sidekiqState(h1, 'system')
    exits(await shipit(p, ['production', 'sidekiq:restart']), 0)
    const after = await sidekiqState(h1, 'system')
    assert.ok(after.pid > 0 && after.pid !== pid)
    assert.equal(after.release, await live())
  })
})
