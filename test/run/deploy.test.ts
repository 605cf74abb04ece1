import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sh } from '../../src/shell/sh.ts'
import { tree } from '../support/tree.ts'
import { startFleet, stateOf, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

test("a first deploy creates Capistrano's layout on every host", async () => {
  const ran = await fleet.run(['deploy'], { config: { linkedDirs: ['log', 'tmp/pids'] } })
  assert.deepEqual(ran.failures, [])
  assert.equal(ran.exit, 0)
  const release = fleet.live('a')!
  assert.match(release, /^\d{14}$/)
  for (const host of ['a', 'b']) {
    assert.equal(fleet.live(host), release)
    assert.equal(readFileSync(fleet.on(host, 'current/index'), 'utf8'), 'one')
    assert.match(readFileSync(fleet.on(host, 'current/REVISION'), 'utf8'), /^[0-9a-f]{40}\n$/)
    assert.match(readFileSync(fleet.on(host, 'current/REVISION_TIME'), 'utf8'), /^\d{10}\n$/)
    assert.equal(readlinkSync(fleet.on(host, 'current/tmp/pids')), fleet.on(host, 'shared/tmp/pids'))
    assert.equal(readlinkSync(fleet.on(host, 'current')), fleet.on(host, `releases/${release}`))
    assert.match(
      readFileSync(fleet.on(host, 'revisions.log'), 'utf8'),
      /^Branch main \(at [0-9a-f]{40}\) deployed as release \d{14} by anna\n$/,
    )
    assert.equal(stateOf(fleet, host, release), 'good')
  }
  assert.deepEqual(
    ran.end.live.map((host) => host.state),
    ['switched', 'switched'],
  )
})

test('every host gets the commit that the first host resolved, and old releases are removed', async () => {
  const shas: string[] = []
  for (const text of ['two', 'three', 'four']) {
    shas.push(fleet.commit('index', text))
    const ran = await fleet.run(['deploy'])
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  }
  // the next cleanup removes a record without a release
  writeFileSync(fleet.on('a', '.shipit/releases/20200101000000'), 'failed\n')
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  assert.ok(!existsSync(fleet.on('a', '.shipit/releases/20200101000000')))
  for (const host of ['a', 'b']) {
    assert.equal(readFileSync(fleet.on(host, 'current/index'), 'utf8'), 'four')
    assert.equal(readFileSync(fleet.on(host, 'current/REVISION'), 'utf8').trim(), shas.at(-1))
    assert.equal(fleet.releases(host).length, 3)
  }
})

test('each rollback goes one good release back, and never forward', async () => {
  const [oldest, middle, newest] = fleet.releases('a')
  assert.equal(fleet.live('a'), newest)
  assert.equal((await fleet.run(['deploy:rollback'])).exit, 0)
  assert.equal(fleet.live('a'), middle)
  assert.equal((await fleet.run(['deploy:rollback'])).exit, 0)
  assert.equal(fleet.live('b'), oldest)
  const last = await fleet.run(['deploy:rollback'])
  assert.equal(last.exit, 1)
  assert.match(last.failures[0]!.reason, /no good release before/)
  assert.equal(fleet.live('a'), oldest)
  const forward = await fleet.run(['deploy:rollback'], { release: newest! })
  assert.equal(forward.exit, 0)
  assert.equal(fleet.live('a'), newest)
  assert.match(readFileSync(fleet.on('a', 'revisions.log'), 'utf8'), new RegExp(`anna rolled back to release ${newest}\\n$`))
})

test('a rollback needs neither the git server nor the linked files', async () => {
  const ran = await fleet.run(['deploy:rollback'], { config: { repoUrl: '/nowhere', linkedFiles: ['.env'] } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
})

test('an unknown branch is an error before anything is written', async () => {
  const before = fleet.releases('a')
  const ran = await fleet.run(['deploy'], { branch: 'mian' })
  assert.equal(ran.exit, 1)
  assert.match(ran.failures[0]!.reason, /no branch or tag "mian"/)
  assert.deepEqual(fleet.releases('a'), before)
})

test('one run reports all missing linked files of all hosts', async () => {
  const ran = await fleet.run(['deploy'], { config: { linkedFiles: ['.env', 'config/master.key'] } })
  assert.equal(ran.exit, 1)
  assert.deepEqual(ran.failures.map((failure) => failure.host).sort(), ['a', 'b'])
  for (const failure of ran.failures) {
    assert.ok(failure.output.some((line) => line.endsWith('shared/.env is missing')))
    assert.ok(failure.output.some((line) => line.endsWith('shared/config/master.key is missing')))
  }
})

test('a failing check does not hide the other checks', async () => {
  const ran = await fleet.run(['deploy'], {
    config: {
      linkedFiles: ['.env'],
      tasks: { disk: { steps: () => [sh`echo 'the disk is full' >&2; exit 9`, sh`echo never`] } },
      hooks: { before: { 'deploy:check': 'disk' } },
    },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual(ran.failures.map(({ host, task }) => `${host} ${task}`).sort(), [
    'a deploy:check:linked_files',
    'a disk',
    'b deploy:check:linked_files',
    'b disk',
  ])
  // a task's later steps may need the earlier ones
  assert.ok(!ran.events.some((event) => event.type === 'step:output' && event.line === 'never'))
})

test('a linked directory replaces a file of the repository, and --release accepts a release without a record', async () => {
  const release = '20200101000000'
  mkdirSync(fleet.on('a', `releases/${release}`))
  mkdirSync(fleet.on('b', `releases/${release}`))
  assert.equal((await fleet.run(['deploy:rollback'], { release })).exit, 0)
  assert.equal(fleet.live('a'), release)
  writeFileSync(`${fleet.repo}/log`, 'a file where a directory shall be linked')
  fleet.commit('x', 'x')
  assert.equal((await fleet.run(['deploy'], { config: { linkedDirs: ['log'] } })).exit, 0)
  assert.ok(lstatSync(fleet.on('b', 'current/log')).isSymbolicLink())
})

test('a current that is a directory is refused before anything is written', async () => {
  const other = await startFleet(['c'])
  try {
    mkdirSync(other.on('c', 'current'), { recursive: true })
    const ran = await other.run(['deploy'])
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, /current is a directory/)
    assert.ok(!existsSync(other.on('c', 'releases')))
    mkdirSync(other.on('c', 'live'))
    const named = await other.run(['deploy'], { config: { currentDirectory: 'live' } })
    assert.match(named.failures[0]!.reason, /^live is a directory/)
  } finally {
    await other.stop()
  }
})

test("the printed command moves away whatever is in current's place, and then a deploy succeeds", async () => {
  const other = await startFleet(['c'])
  const home = other.hosts[0]!.home
  try {
    for (const [deployTo, currentDirectory] of [
      ['~/srv', 'current'],
      [`~/it's "my" app/`, 'live site'],
      [join(home, '-rf'), '-current'],
    ] as const) {
      const config = { deployTo, currentDirectory }
      const place = join(deployTo.replace(/^~/, home), currentDirectory)
      for (const make of [() => mkdirSync(place), () => writeFileSync(place, 'mine'), () => mkdirSync(place)]) {
        mkdirSync(join(place, '..'), { recursive: true })
        rmSync(place, { recursive: true, force: true })
        make()
        if (lstatSync(place).isDirectory()) writeFileSync(join(place, 'mine'), 'mine')
        const asked = [await other.run(['deploy'], { config }), await other.run([], { config, doctor: true })]
        const remedies = [asked[0]!.failures[0]!.hint!, asked[1]!.findings.find(({ message }) => /not a link/.test(message))!.remedy]
        assert.equal(remedies[0], remedies[1])
        // the name has the second: wait for the next one
        const second = () => Math.floor(Date.now() / 1000)
        for (const now = second(); second() === now;) await sleep(50)
        execFileSync('/bin/sh', ['-c', remedies[0]!.split('On the host: ')[1]!], { env: { ...process.env, HOME: home } })
        const ran = await other.run(['deploy'], { config })
        assert.deepEqual([ran.exit, ran.failures], [0, []], place)
        assert.ok(lstatSync(place).isSymbolicLink())
      }
      const kept = readdirSync(dirname(place)).filter((name) => name.startsWith(`${currentDirectory}.old-`))
      const whole = (name: string) => join(dirname(place), name, statSync(join(dirname(place), name)).isDirectory() ? 'mine' : '')
      assert.deepEqual(
        kept.map((name) => readFileSync(whole(name).replace(/\/$/, ''), 'utf8')),
        ['mine', 'mine', 'mine'],
      )
    }
  } finally {
    await other.stop()
  }
})

test('a link that a killed run left behind is never published', async () => {
  const other = await startFleet(['c'])
  try {
    assert.equal((await other.run(['deploy'])).exit, 0)
    const first = other.live('c')!
    symlinkSync(other.on('c', `releases/${first}`), other.on('c', 'releases/current'))
    other.commit('index', 'new')
    assert.equal((await other.run(['deploy'])).exit, 0)
    assert.equal(readFileSync(other.on('c', 'current/index'), 'utf8'), 'new')
    assert.equal(readlinkSync(other.on('c', 'releases/current')), other.on('c', `releases/${first}`))
  } finally {
    await other.stop()
  }
})

test('deploy:check reports every check that fails, in separate chunks too', async () => {
  const ran = await fleet.run(['deploy:check'], {
    config: {
      repoUrl: '/nowhere.git',
      linkedFiles: ['.env'],
      ssh: { configFile: `${dirname(fleet.repo)}/ssh_config`, forwardAgent: 'git' },
      tasks: { disk: { steps: () => [sh`echo 'the disk is full' >&2; exit 9`] } },
      hooks: { before: { 'deploy:check': 'disk' } },
    },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual(ran.failures.map(({ host, task }) => `${host} ${task}`).sort(), [
    'a deploy:check:linked_files',
    'a disk',
    'a undefined',
    'b deploy:check:linked_files',
    'b disk',
    'b git:check',
  ])
  assert.match(ran.failures.find(({ task }) => task === 'deploy:check:linked_files')!.hint!, /: scp -F \S+ \.env [ab]:srv\/shared\/\.env$/)
})

test('an unreadable repository hides no other check, and deploy:check creates only empty directories', async () => {
  const other = await startFleet(['c', 'd'])
  try {
    const config = { repoUrl: '/nowhere.git', linkedFiles: ['.env'], linkedDirs: ['log'] }
    const ran = await other.run(['deploy'], { config })
    assert.equal(ran.exit, 1)
    assert.deepEqual(ran.failures.map(({ host, task }) => `${host} ${task}`).sort(), [
      'c deploy:check:linked_files',
      'c undefined',
      'd deploy:check:linked_files',
      'd git:check',
    ])
    assert.match(ran.failures.find(({ task }) => task === undefined)!.reason, /the repository cannot be read/)
    assert.deepEqual(Object.keys(tree(other.on('c', '.'), (path) => path.startsWith('.shipit'))), ['releases', 'shared', 'shared/log'])
    for (const host of ['c', 'd']) mkdirSync(other.on(host, 'current'))
    const again = await other.run(['deploy:check'], { config })
    assert.match(again.failures.map(({ reason }) => reason).join(), /current is a directory/)
    assert.equal(again.failures.length, 6)
  } finally {
    await other.stop()
  }
})
