import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { sh, type RunContext, type StepsContext } from '../../src/index.ts'
import { startFleet, type Fleet, type Ran } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())

const at = (place: string) => fleet.on('a', place)
const precious = () => join(fleet.on('a', '..'), 'precious')
const isThere = (place: string) => lstatSync(place, { throwIfNoEntry: false }) !== undefined
const local = { stages: { test: { servers: [{ host: 'a', roles: ['app'] }] } } }

beforeEach(() => {
  rmSync(at('.'), { recursive: true, force: true })
  rmSync(precious(), { recursive: true, force: true })
  mkdirSync(precious(), { recursive: true })
  writeFileSync(join(precious(), 'key'), 'precious\n')
})

/** Runs the remedy as printed: the ssh command after the last colon of its first line. */
const follow = (hint: string | undefined): void => {
  const script = /: ssh .*? (?:a|demo@a) (.+)$/.exec(hint!.split('\n')[0]!)![1]!
  const home = dirname(at('.'))
  execFileSync('sh', ['-c', `eval ${script}`], { env: { ...process.env, HOME: home } })
}
const reasons = (ran: Ran) => ran.failures.map(({ host, reason }) => [host, reason])

/** Links in the places of shipit's own files. */
const CASES: readonly (readonly [place: string, to: string, reason: RegExp])[] = [
  ['.shipit', '', /srv\/\.shipit is a link to .*precious: shipit does not write through links$/],
  ['.shipit/lock', 'key', /srv\/\.shipit\/lock is a link to .*precious\/key: shipit does not write through links$/],
  ['.shipit/lock', 'nothing', /srv\/\.shipit\/lock is a link to .*precious\/nothing: /],
  ['.shipit/lock.run', 'key', /srv\/\.shipit\/lock\.run is a link to /],
  ['.shipit/releases', '', /srv\/\.shipit\/releases is a link to /],
  ['.shipit/quiet', '', /srv\/\.shipit\/quiet is a link to /],
  ['.shipit/quiet-sidekiq', 'key', /srv\/\.shipit\/quiet-sidekiq is a link to /],
  ['revisions.log', 'key', /srv\/revisions\.log is a link to /],
]

for (const [place, to, reason] of CASES) {
  test(`plan, deploy and doctor refuse a link at ${place} to ${to === '' ? 'a directory' : to}, and the remedy works`, async () => {
    mkdirSync(dirname(at(place)), { recursive: true })
    symlinkSync(join(precious(), to), at(place))
    const plan = await fleet.run(['deploy'], { planOnly: true })
    const deploy = await fleet.run(['deploy'])
    const check = await fleet.run(['deploy:check'])
    const doctor = await fleet.run([], { doctor: true })
    for (const ran of [plan, deploy, check]) {
      assert.equal(ran.exit, 1)
      assert.match(reasons(ran)[0]![1]!, reason)
      assert.equal(ran.failures[0]!.hint, deploy.failures[0]!.hint)
      assert.equal(ran.failures.length, 1)
    }
    const found = doctor.findings.filter(({ message }) => reason.test(message))
    assert.deepEqual(
      found.map(({ host, level, remedy }) => [host, level, remedy]),
      [['a', 'error', deploy.failures[0]!.hint]],
    )
    assert.equal(readFileSync(join(precious(), 'key'), 'utf8'), 'precious\n')
    assert.ok(!existsSync(join(precious(), 'nothing')))
    assert.ok(!isThere(at('releases')))
    follow(deploy.failures[0]!.hint)
    assert.equal((await fleet.run(['deploy'])).exit, 0)
    assert.equal(readFileSync(join(precious(), 'key'), 'utf8'), 'precious\n')
  })
}

test("a lock that is a hard link to an application's file is refused, and the remedy gives it its own file", async () => {
  mkdirSync(at('.shipit'), { recursive: true })
  for (const place of ['.shipit/lock', 'revisions.log']) linkSync(join(precious(), 'key'), at(place))
  const refused = await fleet.run(['deploy'])
  assert.equal(refused.exit, 1)
  assert.match(reasons(refused)[0]![1]!, /srv\/\.shipit\/lock has a second name/)
  assert.match(reasons(refused)[1]![1]!, /srv\/revisions\.log has a second name/)
  for (const { hint } of refused.failures) follow(hint)
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  assert.equal(readFileSync(join(precious(), 'key'), 'utf8'), 'precious\n')
  assert.match(readFileSync(at('revisions.log'), 'utf8'), /^precious\nBranch main .* deployed/)
})

test("a fifo or a directory in the place of shipit's files is refused, and the remedy moves it away", async () => {
  mkdirSync(at('.shipit/lock'), { recursive: true })
  execFileSync('sh', ['-c', 'mkfifo "$@"', 'sh', at('.shipit/lock.run'), at('revisions.log')])
  const doctor = await fleet.run([], { doctor: true })
  assert.equal(doctor.findings.filter(({ message }) => message.endsWith('is not a file')).length, 3)
  const refused = await fleet.run(['deploy'])
  assert.equal(refused.exit, 1)
  assert.deepEqual(
    reasons(refused).map(([, reason]) => reason!.replace(/^.*srv\//, '')),
    ['.shipit/lock is not a file', '.shipit/lock.run is not a file', 'revisions.log is not a file'],
  )
  for (const { hint } of refused.failures) follow(hint)
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})

test('the second remedy brings the target of a link into the place of the link', async () => {
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  const first = fleet.live('a')
  renameSync(at('.shipit'), join(precious(), 'state'))
  symlinkSync(join(precious(), 'state'), at('.shipit'))
  const refused = await fleet.run(['deploy'])
  follow(refused.failures[0]!.hint!.split('\n')[1]!)
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  assert.equal((await fleet.run(['deploy:rollback'])).exit, 0)
  assert.equal(fleet.live('a'), first)
})

test('an irregular file refuses only tasks that write to it', async () => {
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  symlinkSync(join(precious(), 'key'), at('.shipit/quiet-x'))
  const config = {
    tasks: {
      look: { steps: () => [sh`uptime`] },
      code: { run: ({ on }: RunContext) => on('all', (h) => h.run`true`) },
      stamp: { steps: ({ paths }: StepsContext) => [sh`date > ${paths.deployTo.join('.shipit/quiet-x')}`] },
    },
    ...local,
  }
  assert.equal((await fleet.run(['look', 'code'], { config })).exit, 0)
  const refused = await fleet.run(['stamp'], { config })
  assert.equal(refused.exit, 1)
  assert.match(reasons(refused)[0]![1]!, /quiet-x is a link/)
  assert.equal(readFileSync(join(precious(), 'key'), 'utf8'), 'precious\n')
})

test('a link that a step puts in place of the lock is not written through when the run ends', async () => {
  const config = {
    tasks: {
      swap: {
        steps: ({ paths }: StepsContext) => [
          sh`for f in lock lock.run; do ln -sf ${join(precious(), 'key')} ${paths.deployTo.join('.shipit')}/"$f"; done`,
        ],
      },
    },
    hooks: { after: { 'deploy:finished': 'swap' } },
  }
  await fleet.run(['deploy'], { config })
  assert.ok(lstatSync(at('.shipit/lock')).isSymbolicLink())
  assert.equal(readFileSync(join(precious(), 'key'), 'utf8'), 'precious\n')
})

test("a link in place of a shared mirror's lock is refused, and the remedy works", async () => {
  const mirror = join(fleet.on('a', '..'), 'pool/shop.git')
  mkdirSync(dirname(mirror), { recursive: true })
  symlinkSync(join(precious(), 'key'), `${mirror}.lock`)
  const config = { repoPath: '~/pool/shop.git' }
  const refused = await fleet.run(['deploy'], { config })
  assert.equal(refused.exit, 1)
  assert.match(refused.failures[0]!.output.join('\n'), /pool\/shop\.git\.lock is a link or not a file: nothing is written there$/)
  assert.equal(readFileSync(join(precious(), 'key'), 'utf8'), 'precious\n')
  execFileSync('sh', ['-c', refused.failures[0]!.hint!.replace('move it away, on that host: ', '')])
  assert.equal((await fleet.run(['deploy'], { config })).exit, 0)
})
