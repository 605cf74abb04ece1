import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import {
  cannot,
  commit,
  deployed,
  enqueue,
  exits,
  hosts,
  installUnit,
  jobs,
  project,
  shipit,
  spawnShipit,
  sidekiqState,
  text,
  until,
  wipe,
} from './harness.ts'
import type { CliOutcome, LabHost, Project } from './harness.ts'

describe('sidekiq:drain', { skip: cannot(), concurrency: 2 }, () => {
  const { h1, h2 } = hosts('h1', 'h2')

  test('a deploy waits for running jobs, and at the deadline fails or goes on as configured', async (t) => {
    await wipe(h1)
    await installUnit(h1, 'system')
    const make = (onBusy: string, timeout: string) => drained(h1, `drain: { timeout: '${timeout}', onBusy: '${onBusy}' }`)
    const [patient, strict, hasty] = [make('abort', '90s'), make('abort', '1s'), make('proceed', '1s')]
    t.after(() => [patient, strict, hasty].forEach((p) => p.remove()))
    exits(await shipit(patient, ['production', 'deploy']), 0)
    const first = await live(h1)
    const before = await sidekiqState(h1, 'system')

    // longer than the 8 s that TERM would give the job, and younger than the last heartbeat
    await enqueue(h1, 'long', -1)
    await until('the job runs', () => ran(h1, /^start long /))
    const waited = await deployBeside(patient, h1, /1 job: Nap (9|\d\d+) s/)
    exits(waited, 0)
    assert.match(text(waited), /1 job: Nap \d+ s/)
    const second = await live(h1)
    assert.notEqual(second, first)
    assert.deepEqual(
      (await jobs(h1)).filter((line) => line.includes(' long ')),
      [`start long ${first} ${before.pid}`, `end long ${first} ${before.pid}`],
    )

    const { pid } = await sidekiqState(h1, 'system')
    await enqueue(h1, 'endless', 600)
    await until('the job runs', () => ran(h1, /^start endless /))
    const aborted = await shipit(strict, ['production', 'deploy'])
    exits(aborted, 1)
    assert.match(text(aborted), /still running after .*: 1 job: Nap \d+ s/)
    assert.equal(await live(h1), second)
    const after = await sidekiqState(h1, 'system')
    assert.ok(after.pid > 0 && after.pid !== pid)
    await enqueue(h1, 'next', 0)
    await until('the workers fetch again', () => ran(h1, new RegExp(`^end next ${second} ${after.pid}$`)))

    const went = await shipit(hasty, ['production', 'deploy'])
    exits(went, 0)
    assert.match(text(went), /still running after .*: 1 job: Nap \d+ s\. At the stop they get 8 s more/)
    const third = await live(h1)
    assert.notEqual(third, second)
    await until('the job was put back, and runs again', () => ran(h1, new RegExp(`^start endless ${third} `)))
    assert.equal((await jobs(h1)).filter((line) => line.startsWith('start endless ')).length, 3)
  })

  test('Sidekiq 7 is waited for by its heartbeat, and the deploy is marked once', async (t) => {
    await wipe(h2)
    await installUnit(h2, 'system')
    await commit('Sidekiq 7', await seven(h2), 'seven')
    const label = `it's $(id) "it"`
    const p = drained(h2, `drain: true, markDeploy: true, deployLabel: ${JSON.stringify(label)}`)
    t.after(p.remove)
    exits(await shipit(p, ['production', 'deploy', '--branch', 'seven']), 0)
    const first = await live(h2)
    const { pid } = await sidekiqState(h2, 'system')
    assert.match(await h2.sh('for key in $(redis-cli --raw keys "*-marks"); do redis-cli --raw hvals "$key"; done'), /^it's \$\(id\) "it"$/)

    await enqueue(h2, 'long', -1)
    await until('the job runs', () => ran(h2, /^start long /))
    const waited = await deployBeside(p, h2, /1 job: Nap \d+ s/, ['--branch', 'seven'])
    exits(waited, 0)
    assert.match(text(waited), /1 job: Nap \d+ s/)
    assert.equal(await ran(h2, new RegExp(`^end long ${first} ${pid}$`)), true)
  })
})

/** Deploys; the job `long` ends as soon as the deploy says that it waits for it. */
const deployBeside = async (p: Project, host: LabHost, told: RegExp, more: readonly string[] = []): Promise<CliOutcome> => {
  const run = spawnShipit(p, ['production', 'deploy', ...more])
  await run.event((event) => event.type === 'step:output' && told.test(event.line))
  await host.sh('touch /tmp/open.long')
  return run.done
}

const ran = async (host: LabHost, line: RegExp): Promise<boolean> => (await jobs(host)).some((job) => line.test(job))
const live = async (host: LabHost): Promise<string> => (await deployed(host)).live ?? ''

const drained = (host: LabHost, settings: string): Project =>
  project({
    servers: { [host.name]: ['worker'] },
    use: `[bundler(), sidekiq({ serviceUnitUser: 'system', timeout: 8, ${settings} })]`,
  })

/** The application with Sidekiq 7, with a Gemfile.lock written by this host's bundler. */
const seven = async (host: LabHost): Promise<Record<string, string>> => {
  const gemfile = "source 'file:///srv/gems-all'\n\ngem 'sidekiq', '7.3.2'\n"
  const lock = await host.sh(`cd "$(mktemp -d)"; cat > Gemfile <<'END'\n${gemfile}END\nbundle lock >/dev/null && cat Gemfile.lock`)
  const worker = readFileSync(new URL('app/worker.rb', import.meta.url), 'utf8').replace('Redis.silence_deprecations = true\n', '')
  return { Gemfile: gemfile, 'Gemfile.lock': `${lock}\n`, 'worker.rb': worker }
}
