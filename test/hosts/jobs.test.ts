import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { cannot, commit, exits, hosts, installUnit, phases, project, shipit, spawnShipit, until, wipe } from './harness.ts'
import type { Project } from './harness.ts'
import { counting, counts, openRedis, push, putBack } from './support/proof.ts'

const JOBS = 10_000
const RESTARTS = 20
/** How many of the jobs enqueued at each restart take 20 s. */
const LONG = 3

describe('ten thousand jobs over twenty restarts on two hosts', { skip: cannot() }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  before(async () => {
    await wipe(h1, h2)
    await Promise.all([h1, h2].map(phases.install))
    await openRedis(h1)
    await commit('Jobs that note their runs', counting, 'proof')
    const url = `Environment=REDIS_URL=redis://${h1.address}:6379/0`
    await Promise.all([h1, h2].map((host) => installUnit(host, 'system', (unit) => unit.replace('[Service]', `[Service]\n${url}`))))
  })

  test('are all done in spite of faults, and only those that Sidekiq put back at its deadline run twice', async (t) => {
    const made = (more: string) =>
      project({
        servers: { h1: ['app', 'worker'], h2: ['app', 'worker'] },
        use: `[bundler(), sidekiq({ serviceUnitUser: 'system', ${more} })]`,
        phases: true,
      })
    const p = made('')
    const shares = made("rolling: '50%', drain: { timeout: '3s' }")
    t.after(p.remove)
    t.after(shares.remove)
    const { deploy, restart, kinds } = restarts(p, shares)
    exits(await deploy(), 0)
    const each = JOBS / RESTARTS
    const log: string[] = []
    for (let n = 0; n < RESTARTS; n++) {
      const [kind, run] = kinds[n % kinds.length]!
      const pushing = push(h1, n * each, each, LONG)
      await run()
      await pushing
      log.push(kind)
    }
    exits(await restart(), 0)
    await until('every job is done', async () => (await counts(h1)).done >= JOBS, 240_000)
    const { done, twice, again, interrupted, doubtful, queued } = await counts(h1)
    const back = (await putBack(h1)) + (await putBack(h2))
    t.diagnostic(
      `${done} of ${JOBS} jobs done; ${again} begun again, ${back} put back by Sidekiq at its deadline (${interrupted} of them interrupted), ${twice} ended twice; ${log.join(', ')}`,
    )
    assert.deepEqual({ done, queued }, { done: JOBS, queued: 0 })
    assert.ok(doubtful.length <= back - interrupted, `began again, and were not put back: ${doubtful.join(' ')}`)
    // some jobs did run when their process had to end
    assert.ok(interrupted > 0)
  })

  const restarts = (p: Project, shares: Project) => {
    const of = (...words: readonly string[]) => ['production', ...words]
    const restart = () => shipit(p, of('sidekiq:restart'))
    const deploy = () => shipit(p, of('deploy', '--branch', 'proof'))
    const begun = (words: readonly string[], task: string) => {
      const run = spawnShipit(p, words)
      return { run, at: run.event((e) => e.type === 'step:start' && e.task === task) }
    }
    const kinds: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['restart', async () => exits(await restart(), 0)],
      ['deploy', async () => exits(await deploy(), 0)],
      ['rolling restart with a drain', async () => exits(await shipit(shares, of('sidekiq:restart')), 0)],
      ['rolling deploy', async () => exits(await shipit(shares, of('deploy', '--branch', 'proof')), 0)],
      ['stop and start', async () => exits(await shipit(p, of('sidekiq:quiet', 'sidekiq:stop', 'sidekiq:start')), 0)],
      [
        'deploy that fails',
        async () => {
          await phases.fail(h2, 'updated')
          exits(await deploy(), 1)
          await phases.clear(h2)
        },
      ],
      [
        'client killed in a restart',
        async () => {
          const { run, at } = begun(of('sidekiq:restart'), 'sidekiq:restart')
          await at
          run.child.kill('SIGKILL')
          await run.done
          exits(await restart(), 0)
        },
      ],
      [
        'client killed in a deploy',
        async () => {
          await phases.hold(h1, 'updating')
          const { run, at } = begun(of('deploy', '--branch', 'proof'), 'phase:updating')
          await at
          run.child.kill('SIGKILL')
          await run.done
          await phases.clear(h1)
          exits(await deploy(), 0)
        },
      ],
      [
        'Ctrl-C in a deploy',
        async () => {
          await phases.hold(h2, 'updated')
          const { run, at } = begun(of('deploy', '--branch', 'proof'), 'phase:updated')
          await at
          run.child.kill('SIGINT')
          exits(await run.done, 130)
          await phases.clear(h2)
        },
      ],
      [
        'cable cut in a restart',
        async () => {
          const { run, at } = begun(of('sidekiq:restart'), 'sidekiq:restart')
          await at
          await h2.fault('cut')
          setTimeout(() => void h2.fault('heal'), 6000)
          await run.done
          await new Promise((resolve) => setTimeout(resolve, 7000))
          exits(await restart(), 0)
        },
      ],
    ]
    return { deploy, restart, kinds }
  }
})
