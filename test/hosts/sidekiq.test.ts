import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import {
  cannot,
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
  text,
  until,
  wipe,
} from './harness.ts'
import type { LabHost, Project } from './harness.ts'

describe('Sidekiq', { skip: cannot(), concurrency: 2 }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  under('system', h1)
  under('user', h2)
})

function under(scope: 'system' | 'user', host: LabHost): void {
  describe(`under a ${scope} unit`, { concurrency: 1 }, () => {
    const state = () => sidekiqState(host, scope)
    const ran = async (line: RegExp): Promise<boolean> => (await jobs(host)).some((job) => line.test(job))
    const make = (): Project =>
      project({ servers: { [host.name]: ['worker'] }, use: `[bundler(), sidekiq({ serviceUnitUser: '${scope}' })]`, phases: true })
    const deploy = async (p: Project): Promise<string> => {
      exits(await shipit(p, ['production', 'deploy']), 0)
      return (await deployed(host)).live ?? ''
    }
    beforeEach(async () => {
      await wipe(host)
      await phases.install(host)
      await installUnit(host, scope)
    })

    test('a deploy quiets it, lets the running job finish and starts it in the new release, and a rollback in the old one', async (t) => {
      const p = make()
      t.after(p.remove)
      const first = await deploy(p)
      const before = await state()
      assert.equal(before.release, first)

      await enqueue(host, 'long', 6)
      await until('the long job runs', () => ran(/^start long /))
      await phases.hold(host, 'updating')
      const run = spawnShipit(p, ['production', 'deploy'])
      await until('Redis says quiet', async () => (await state()).processes.some((process) => process.quiet && process.pid === before.pid))
      await enqueue(host, 'later', 0)
      await until('the long job is done', () => ran(new RegExp(`^end long ${first} ${before.pid}$`)))
      assert.equal(await ran(/^start later/), false, 'a quiet process took a job')
      await phases.clear(host)
      exits(await run.done, 0)

      const second = (await deployed(host)).live
      assert.notEqual(second, first)
      const after = await state()
      assert.equal(after.release, second)
      assert.notEqual(after.pid, before.pid)
      await until('the new process took the later job', () => ran(new RegExp(`^end later ${second} ${after.pid}$`)))

      exits(await shipit(p, ['production', 'deploy:rollback']), 0)
      const back = await state()
      assert.equal(back.release, first)
      assert.notEqual(back.pid, after.pid)
    })

    test('restart, stop, start and quiet work on their own', async (t) => {
      const p = make()
      t.after(p.remove)
      await deploy(p)
      const { pid } = await state()
      exits(await shipit(p, ['production', 'sidekiq:restart']), 0)
      const restarted = (await state()).pid
      assert.ok(restarted > 0 && restarted !== pid)
      exits(await shipit(p, ['production', 'sidekiq:stop']), 0)
      assert.equal((await state()).pid, 0)
      exits(await shipit(p, ['production', 'sidekiq:start']), 0)
      assert.ok((await state()).pid > 0)
      exits(await shipit(p, ['production', 'sidekiq:quiet']), 0)
      await until('Redis says quiet', async () => (await state()).processes.some((process) => process.quiet))
    })

    test('a deploy that fails after quieting restarts it in the old release', async (t) => {
      const p = make()
      t.after(p.remove)
      const first = await deploy(p)
      const { pid } = await state()
      await phases.fail(host, 'updating')
      exits(await shipit(p, ['production', 'deploy']), 1)
      const after = await state()
      assert.equal(after.release, first)
      assert.ok(after.pid > 0 && after.pid !== pid)
    })

    test('a failed deploy leaves a stopped one stopped', async (t) => {
      const p = make()
      t.after(p.remove)
      await deploy(p)
      exits(await shipit(p, ['production', 'sidekiq:stop']), 0)
      await phases.fail(host, 'updating')
      exits(await shipit(p, ['production', 'deploy']), 1)
      assert.equal((await state()).pid, 0)
    })

    test('Ctrl-C after quieting restarts it in the old release', async (t) => {
      const p = make()
      t.after(p.remove)
      const first = await deploy(p)
      const { pid } = await state()
      await phases.hold(host, 'updating')
      const run = spawnShipit(p, ['production', 'deploy'])
      await run.event((e) => e.type === 'step:start' && e.task === 'phase:updating')
      run.child.kill('SIGINT')
      const outcome = await run.done
      exits(outcome, 130)
      const after = await state()
      assert.equal(after.release, first, text(outcome))
      assert.ok(after.pid > 0 && after.pid !== pid)
    })
  })
}
