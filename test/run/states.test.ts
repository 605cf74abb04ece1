import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { startFleet, stateOf, type Fleet, type Ran, type RunOptions } from './support.ts'

let fleet: Fleet
const HOSTS = ['a', 'b'] as const
before(async () => {
  fleet = await startFleet(HOSTS)
})
after(() => fleet.stop())
beforeEach(() => {
  for (const host of HOSTS) rmSync(fleet.on(host, '.'), { recursive: true, force: true })
})

const run = async (exit: number, tasks: string[], o: RunOptions = {}): Promise<Ran> => {
  const ran = await fleet.run(tasks, o)
  assert.equal(ran.exit, exit, JSON.stringify(ran.failures))
  return ran
}
const deploy = async (o: RunOptions = {}): Promise<string> => {
  await run(0, ['deploy'], o)
  return fleet.live('a')!
}
const live = (): string[] => [...new Set(HOSTS.map((host) => fleet.live(host) ?? 'none'))]
const broken = (on: string, how = sh`exit 9`) => ({
  tasks: { broken: { steps: () => [how] } },
  hooks: { after: { [on]: 'broken' } },
})
const said = (ran: Ran): string =>
  ran.events.flatMap((event) => (event.type === 'log' ? [`${event.level} ${event.host ?? '*'} ${event.message}`] : [])).join('\n')
/** Leaves what another tool does: folders of 14 digits, `current`, and lines in the log. */
const elsewhere = (names: readonly string[], log: (name: string) => string) => {
  for (const host of HOSTS) {
    for (const name of names) {
      mkdirSync(fleet.on(host, `releases/${name}`), { recursive: true })
      writeFileSync(fleet.on(host, `releases/${name}/index`), name)
      appendFileSync(fleet.on(host, 'revisions.log'), log(name))
    }
    rmSync(fleet.on(host, 'current'), { force: true })
    symlinkSync(fleet.on(host, `releases/${names.at(-1)!}`), fleet.on(host, 'current'))
  }
}
const THREE = ['20250101000001', '20250101000002', '20250101000003']
const capistrano = (name: string) => `Branch main (at ${'c'.repeat(40)}) deployed as release ${name} by bob\n`

test("another tool's releases are kept, --release accepts them, and the first deploy can be rolled back", async () => {
  elsewhere(THREE, () => 'a line of our own\n')
  await deploy()
  assert.equal(fleet.releases('a').length, 4)
  assert.equal(stateOf(fleet, 'a', THREE[2]!), 'good')
  const ran = await run(0, ['deploy:rollback'])
  assert.deepEqual(live(), [THREE[2]])
  assert.match(ran.end.headline, /is on release 20250101000003/)
  // the others are not known to be good: only with --release
  const none = await run(1, ['deploy:rollback'])
  assert.match(none.failures[0]!.reason, /no good release before 20250101000003 on every host\n20250101000002: was not made by shipit/)
  const remedy = /deploy:rollback --release (\d{14})/.exec(none.failures[0]!.hint!)![1]!
  assert.equal(remedy, THREE[1])
  await run(0, ['deploy:rollback'], { release: remedy })
  assert.deepEqual(live(), [THREE[1]])
})

test("another tool's releases are removed when keepReleases good ones are newer, and Capistrano's log makes them good", async () => {
  elsewhere(THREE, () => '')
  await deploy()
  await deploy()
  assert.deepEqual(fleet.releases('a').slice(0, 1), [THREE[2]])
  rmSync(fleet.on('a', '.'), { recursive: true })
  rmSync(fleet.on('b', '.'), { recursive: true })
  elsewhere(THREE, capistrano)
  await deploy()
  assert.deepEqual(fleet.releases('a').slice(0, -1), THREE.slice(1))
  await run(0, ['deploy:rollback'])
  await run(0, ['deploy:rollback'])
  assert.deepEqual(live(), [THREE[1]])
})

test('a release that was rolled back from is skipped and not counted, and the last good one stays', async () => {
  const first = await deploy()
  for (let round = 0; round < 4; round++) {
    const bad = await deploy()
    const ran = await run(0, ['deploy:rollback'])
    assert.deepEqual(live(), [first])
    assert.equal(stateOf(fleet, 'b', bad), 'bad')
    if (round > 0) assert.doesNotMatch(ran.end.headline, new RegExp(bad))
    assert.equal(ran.end.headline.includes('; skipped '), round > 0)
  }
  assert.equal(fleet.releases('a').filter((name) => stateOf(fleet, 'a', name) === 'bad').length, 4)
  const record = readFileSync(fleet.on('a', `.shipit/releases/${fleet.releases('a').at(-1)}`), 'utf8')
  assert.match(
    record,
    /^bad\nrevision [0-9a-f]{40}\nbranch main\napplication shop\nstage test\nby anna\nwas good\nfrom \d{14}\nat 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\nrun [0-9a-f]{32}\nleft [0-9a-f]{32}\n$/,
  )
  await deploy({ config: { keepReleases: 2 } })
  assert.equal(fleet.releases('a').length, 2 + 2, 'two good ones, and the two newest bad ones')
})

test('a release that was rolled back from is good again after --release goes to it', async () => {
  await deploy()
  const second = await deploy()
  await run(0, ['deploy:rollback'])
  const first = fleet.live('a')!
  assert.equal(stateOf(fleet, 'a', second), 'bad')
  await run(0, ['deploy:rollback'], { release: second })
  assert.deepEqual([stateOf(fleet, 'a', second), stateOf(fleet, 'a', first)], ['good', 'good'])
  await run(0, ['deploy:rollback'])
  assert.deepEqual(live(), [first])
})

test('a release whose run failed after the switch is skipped as long as a good one is older', async () => {
  const first = await deploy()
  await run(7, ['deploy'], { config: broken('deploy:published') })
  const doubtful = fleet.live('a')!
  assert.deepEqual(
    HOSTS.map((host) => stateOf(fleet, host, doubtful)),
    ['doubtful', 'doubtful'],
  )
  await deploy()
  const plan = await run(0, ['deploy:rollback'])
  assert.deepEqual(live(), [first])
  assert.match(said(plan), new RegExp(`skipped ${doubtful}: its run by anna at .* UTC did not end well after the switch`))
  assert.match(plan.end.headline, new RegExp(`; skipped ${doubtful}$`))
})

test('a rollback without a good release goes to the newest doubtful one, with a warning', async () => {
  await run(7, ['deploy'], { config: broken('deploy:published') })
  const doubtful = fleet.live('a')!
  await deploy({ config: { keepReleases: 1 } })
  const ran = await run(0, ['deploy:rollback'])
  assert.deepEqual(live(), [doubtful])
  assert.match(said(ran), /^warn .*the newest release to go back to, and it is doubtful/m)
})

test("a failure after a deploy's last task makes the release doubtful on hosts that had finished too", async () => {
  await deploy()
  await run(7, ['deploy'], { config: { tasks: { late: { on: 'db', steps: () => [sh`exit 3`] } }, hooks: { after: { deploy: 'late' } } } })
  assert.deepEqual(
    HOSTS.map((host) => stateOf(fleet, host, fleet.live(host)!)),
    ['doubtful', 'doubtful'],
  )
})

test('the printed command finishes a doubtful release, and makes it good', async () => {
  await deploy()
  await run(7, ['deploy'], { config: broken('deploy:published') })
  const release = fleet.live('a')!
  const examined = await fleet.run([], { doctor: true })
  const finding = examined.findings.find(({ message }) => message.includes('is doubtful'))!
  const remedy = /deploy:rollback --release (\d{14})/.exec(finding.remedy)![1]!
  assert.equal(remedy, release)
  await run(0, ['deploy:rollback'], { release })
  assert.equal(stateOf(fleet, 'a', release), 'good')
  assert.ok(!(await fleet.run([], { doctor: true })).findings.some(({ message }) => message.includes('doubtful')))
})

test('a rollback goes to the newest release that is good on all hosts where records differ', async () => {
  const first = await deploy()
  const second = await deploy()
  await deploy()
  writeFileSync(fleet.on('b', `.shipit/releases/${second}`), 'bad\nby bert\n')
  const ran = await run(0, ['deploy:rollback'])
  assert.deepEqual(live(), [first])
  assert.match(said(ran), new RegExp(`skipped ${second}: bert rolled back from it on b`))
})

test('a part of a deploy is refused by itself, with the command to type', async () => {
  for (const part of [
    'deploy:updating',
    'deploy:new_release_path',
    'deploy:publishing',
    'deploy:finished',
    'git:update',
    'deploy:symlink:shared',
  ])
    await assert.rejects(fleet.run([part]), (error: Error & { hint?: string }) => {
      assert.match(error.message, new RegExp(`^${part} runs as a part of deploy or deploy:rollback, not by itself`))
      return error.hint === 'shipit test deploy'
    })
  for (const part of ['deploy:reverting', 'deploy:revert_release'])
    await assert.rejects(fleet.run([part]), (error: Error & { hint?: string }) => error.hint === 'shipit test deploy:rollback')
  await assert.rejects(fleet.run(['deploy:starting', 'deploy:updating', 'deploy:publishing']))
  assert.ok(HOSTS.every((host) => !existsSync(fleet.on(host, 'releases'))))
})

test('a sequence of the config may contain a deploy, and none of its parts alone', async () => {
  const sequence = (...names: string[]) => ({ config: { tasks: { ship: { sequence: names } } } })
  await run(0, ['ship'], sequence('deploy:check', 'deploy'))
  await assert.rejects(
    fleet.run(['ship'], sequence('deploy:starting', 'deploy:updating', 'deploy:publishing')),
    /^ShipitError: ship runs as a part of deploy or deploy:rollback, not by itself: it contains deploy:new_release_path/,
  )
})

test('a deploy over a current that is not a release prints the command to go back, which works', async () => {
  const old = fleet.on('a', '../old site')
  mkdirSync(old, { recursive: true })
  mkdirSync(fleet.on('a', '.'), { recursive: true })
  symlinkSync(old, fleet.on('a', 'current'))
  const servers = [{ host: 'a', ssh: { transport: 'local' } }]
  const config = { deployTo: fleet.on('a', '.').replace(/\/\.?$/, ''), stages: { test: { servers } } }
  const ran = await fleet.run(['deploy'], { config })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  const notes = ran.events.flatMap((event) => (event.type === 'log' && /not a release/.test(event.message) ? [event.message] : []))
  assert.equal(notes.length, 1)
  assert.ok(notes[0]!.startsWith(`on a current leads to ${old}, which is not a release: `))
  execFileSync('/bin/sh', ['-c', notes[0]!.split('To go back: ')[1]!])
  assert.equal(readlinkSync(fleet.on('a', 'current')), old)
})

test('a release whose files were removed is skipped, refused and named, and cleaned up in time', async () => {
  const keep = (n: number) => ({ config: { keepReleases: n } })
  const [first, second] = [await deploy(keep(9)), await deploy(keep(9))]
  await deploy(keep(9))
  execFileSync('sh', ['-c', 'rm -rf "$1"/*', 'sh', fleet.on('b', `releases/${second}`)])
  const doctor = await fleet.run([], { doctor: true })
  const found = doctor.findings.filter(({ message }) => message.includes(second))
  assert.deepEqual(
    found.map(({ level, message }) => [level, message]),
    [['warning', `release ${second} is not complete: its files are gone: it has no REVISION any more`]],
  )
  assert.match(found[0]!.remedy, /shipit test deploy --branch [0-9a-f]{40}$/)
  const refused = await run(1, ['deploy:rollback'], { release: second })
  assert.match(refused.failures[0]!.reason, new RegExp(`release ${second} is not complete here: its files are gone`))
  const back = await run(0, ['deploy:rollback'])
  assert.match(said(back), new RegExp(`skipped ${second}: its files are gone: it has no REVISION any more on b`))
  assert.deepEqual(live(), [first])
  await deploy(keep(9))
  await deploy(keep(2))
  assert.ok(!existsSync(fleet.on('b', `releases/${second}`)))
})
