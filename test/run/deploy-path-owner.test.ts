import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

// two stages, or two applications, with one deployTo on one server: neither may change the other's live release

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())
beforeEach(() => rmSync(fleet.on('a', '.'), { recursive: true, force: true }))

const run = async (exit: number, tasks: string[], o: RunOptions = {}): Promise<Ran> => {
  const ran = await fleet.run(tasks, { ...o, config: { stages: { test: { servers: ['a'] }, staging: { servers: ['a'] } }, ...o.config } })
  assert.equal(ran.exit, exit, JSON.stringify(ran.failures))
  return ran
}
const record = (release: string) => fleet.on('a', `.shipit/releases/${release}`)
/** The state of a stage's releases on the host. */
const standing = () => ({
  live: fleet.live('a'),
  releases: fleet.releases('a'),
  records: readdirSync(fleet.on('a', '.shipit/releases'))
    .sort()
    .map((name) => [name, readFileSync(record(name), 'utf8')]),
  log: readFileSync(fleet.on('a', 'revisions.log'), 'utf8'),
})

test("a release's record has its application and stage", async () => {
  await run(0, ['deploy'])
  assert.match(readFileSync(record(fleet.live('a')!), 'utf8'), /^application shop\nstage test$/m)
})

for (const [who, other] of [
  ['shop staging', { stage: 'staging' }],
  ['blog test', { config: { application: 'blog' } }],
] as const) {
  test(`a deploy, a rollback and a clean-up of ${who} are refused where shop test is live, and change nothing`, async () => {
    for (let i = 0; i < 2; i++) await run(0, ['deploy'])
    const before = standing()
    for (const tasks of [['deploy'], ['deploy:rollback'], ['deploy:cleanup']]) {
      const ran = await run(1, tasks, other)
      assert.equal(ran.failures[0]!.reason, `the live release ${before.live} in ~/srv belongs to shop test, not to ${who}`)
      assert.match(ran.failures[0]!.hint!, /^give each its own deploy path: deployTo: \(\{ application, stage \}\) => /)
    }
    assert.deepEqual(standing(), before)
    const { findings } = await run(1, [], { ...other, doctor: true })
    assert.ok(findings.some(({ message }) => message === `the live release ${before.live} in ~/srv belongs to shop test, not to ${who}`))
  })

  test(`the command in the refusal hands the releases of shop test over to ${who}`, async () => {
    await run(0, ['deploy'])
    const [failure] = (await run(1, ['deploy'], other)).failures
    const [, command] = /hand it over, on that host: (.*)$/.exec(failure!.hint!)!
    execFileSync('sh', ['-c', command!], { env: { ...process.env, HOME: fleet.on('a', '..') } })
    await run(0, ['deploy'], other)
    await run(0, ['deploy:rollback'], other)
    // now the first stage is refused
    assert.match((await run(1, ['deploy'])).failures[0]!.reason, new RegExp(`belongs to ${who}, not to shop test$`))
  })
}

test('the deployTo that the refusal proposes gives each stage its own folder', async () => {
  await run(0, ['deploy'])
  const config = { deployTo: ({ application, stage }: { application: string; stage: string }) => `~/srv/${application}_${stage}` }
  await run(0, ['deploy'], { stage: 'staging', config })
  assert.ok(existsSync(fleet.on('a', 'shop_staging/current')))
})

test('a record without an application and a stage belongs to whoever deploys next', async () => {
  await run(0, ['deploy'])
  const file = record(fleet.live('a')!)
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^(application|stage) .*\n/gm, ''))
  await run(0, ['deploy'], { stage: 'staging' })
  await run(1, ['deploy'])
})

test('a failed first deploy does not make the stage the owner', async () => {
  await run(0, ['deploy'])
  writeFileSync(record(fleet.live('a')!), 'good\n')
  writeFileSync(record('20990101000000'), 'failed\napplication shop\nstage staging\n')
  mkdirSync(fleet.on('a', 'releases/20990101000000'))
  await run(0, ['deploy'])
})

test('plan, deploy and doctor refuse a deployTo inside a folder that another deploy replaces or removes', async () => {
  await run(0, ['deploy'])
  const home = dirname(fleet.on('a', '.'))
  symlinkSync('srv/current', join(home, 'live'))
  const live = fleet.on('a', `releases/${fleet.live('a')}`)
  const before = standing()
  for (const [place, said] of [
    ['current/admin', `${live}, which is a release: `],
    ['current', `${live}, which is a release: `],
    [`releases/${fleet.live('a')}/a/b`, `${live}, which is a release: `],
    ['../live/new/place', `${live}, which is a release: `],
    ['repo/x', `${fleet.on('a', 'repo')}, which is a git repository: `],
    ['.shipit/x', `${fleet.on('a', '.shipit')}, which is shipit's own folder`],
  ] as const) {
    const config = { stages: { staging: { servers: ['a'], deployTo: join(home, 'srv', place) } } }
    for (const o of [{}, { planOnly: true }]) {
      const { failures } = await run(1, ['deploy'], { stage: 'staging', config, ...o })
      assert.ok(failures[0]!.reason.startsWith(`${join(home, 'srv', place)} lies in ${said}`), failures[0]!.reason)
      assert.match(failures[0]!.hint!, /^give each its own deploy path: /)
    }
    const { findings } = await run(1, [], { stage: 'staging', config, doctor: true })
    assert.ok(findings.some(({ message }) => message.includes(`lies in ${said}`)))
  }
  assert.deepEqual(standing(), before)
  // nor a lock, nor a folder for one
  const made = execFileSync('find', [home, '-name', '.shipit'], { encoding: 'utf8' }).trim().split('\n')
  assert.deepEqual(made, [fleet.on('a', '.shipit')])
  assert.ok(!existsSync(join(live, 'admin')) && !existsSync(fleet.on('a', 'repo/x')) && !existsSync(fleet.on('a', '.shipit/x')))
  for (const place of ['staging', 'shared/staging', 'releases/staging'])
    await run(0, ['deploy'], { stage: 'staging', config: { stages: { staging: { servers: ['a'], deployTo: fleet.on('a', place) } } } })
})

test('a deploy of two stages with one deployTo warns before it connects, and other tasks do not', async () => {
  const servers = [{ host: 'a', user: 'deploy' }]
  const config = { deployTo: '~/srv', stages: { test: { servers }, staging: { servers } }, tasks: { look: { steps: () => [] } } }
  const warned = (ran: Ran) => (ran.end.warnings ?? []).filter(({ message }) => /both have deployTo/.test(message)).length
  assert.deepEqual([warned(await run(0, ['deploy'], { config })), warned(await run(0, ['look'], { config }))], [1, 0])
})
