import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())
beforeEach(() => {
  rmSync(fleet.on('a', '.'), { recursive: true, force: true })
  mkdirSync(fleet.on('a', '.'), { recursive: true })
  fleet.commit('index', `${Math.random()}`)
})

const at = (path = '') => fleet.on('a', `repo${path}`)
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.file.allow=always', ...args], {
    encoding: 'utf8',
    cwd: dirname(fleet.repo),
  }).trim()
const inMirror = (...args: string[]) => git('--git-dir', at(), ...args)
/** All files below a folder, with their checksums. */
const all = (dir: string) =>
  execFileSync('sh', ['-c', 'cd "$1" && find . -type f -exec cksum {} + | sort', 'sh', dir], { encoding: 'utf8' })
const deploy = (config: RunOptions['config'] = {}) => fleet.run(['deploy'], { config })
const good = async (config?: RunOptions['config']) => {
  const ran = await deploy(config)
  assert.deepEqual([ran.exit, ran.failures], [0, []])
  assert.equal(readFileSync(fleet.on('a', 'current/index'), 'utf8'), readFileSync(join(fleet.repo, 'index'), 'utf8'))
  return ran
}
const capistrano = (url = fleet.repo) => {
  git('clone', '-q', '--mirror', url, at())
}
/** Leaves the files of a Capistrano deploy. */
const hasDeployed = () => {
  mkdirSync(fleet.on('a', 'releases/20260101000000'), { recursive: true })
  writeFileSync(fleet.on('a', 'revisions.log'), 'Branch main (at x) deployed as release 20260101000000 by anna\n')
}
const other = () => {
  const url = join(dirname(fleet.repo), 'other')
  if (!existsSync(url)) {
    git('init', '-q', '-b', 'main', url)
    git('-C', url, 'commit', '-q', '--allow-empty', '-m', 'other')
  }
  return url
}
const bare = () => {
  git('init', '-q', '--bare', '-b', 'main', at())
}
/** Runs the command that a failure names, on the host; returns where it moved the mirror. */
const asTold = ({ failures: [first] }: Ran): string => {
  const before = readdirSync(fleet.on('a', '.'))
  const [command] = /mv [^;]*\$\(date \+%s\)/.exec(first!.hint!)!
  execFileSync('sh', ['-c', command], { env: { ...process.env, HOME: dirname(fleet.on('a', '.')) } })
  return fleet.on(
    'a',
    readdirSync(fleet.on('a', '.')).find((name) => !before.includes(name))!,
  )
}
/** Creates a commit on a branch that only the mirror has, as a push does. */
const pushed = (branch = 'precious') => {
  const commit = inMirror('commit-tree', '-m', 'pushed', inMirror('write-tree'))
  inMirror('update-ref', `refs/heads/${branch}`, commit)
  return commit
}
const hook = (name = 'post-receive') => {
  mkdirSync(at('/hooks'), { recursive: true })
  writeFileSync(at(`/hooks/${name}`), '#!/bin/sh\n', { mode: 0o755 })
}

/** What may be in the mirror's place without being a mirror, and the error for it. */
const foreign: Readonly<Record<string, [make: () => void, said: RegExp]>> = {
  'a bare repository that receives pushes': [() => (bare(), pushed(), hook()), /not a mirror, so people may push to it/],
  'an empty bare repository': [bare, /not a mirror, so/],
  'a bare clone': [() => void git('clone', '-q', '--bare', fleet.repo, at()), /not a mirror, so/],
  'a partial clone': [
    () => (capistrano(), void inMirror('config', 'remote.origin.promisor', 'true')),
    /more than a mirror: its setting remote\.origin\.promisor/,
  ],
  'a mirror with a hook': [() => (capistrano(), pushed(), hook('pre-receive')), /more than a mirror: its hook pre-receive/],
  'a mirror with settings for pushes': [
    () => (capistrano(), void inMirror('config', 'receive.denyNonFastForwards', 'true')),
    /more than a mirror: its setting receive\.denynonfastforwards/,
  ],
  'a mirror with a second remote': [() => (capistrano(), void inMirror('remote', 'add', 'backup', '/x')), /its remote backup/],
  'a mirror with a worktree': [
    () => (capistrano(), void inMirror('worktree', 'add', '-q', '--detach', fleet.on('a', 'tree'), 'main')),
    /its worktree tree/,
  ],
  'a mirror of another repository, where nothing was deployed': [() => capistrano(other()), /a mirror of another repository, \/.*\/other/],
  'a checkout': [() => void git('clone', '-q', fleet.repo, at()), /a checkout that someone may be working in/],
  'a checkout whose folder of git is elsewhere': [
    () => void git('clone', '-q', '--separate-git-dir', fleet.on('a', 'elsewhere'), fleet.repo, at()),
    /a checkout/,
  ],
  'a folder with files': [() => (mkdirSync(at()), writeFileSync(at('/data'), 'data')), /a folder with other files in it/],
  'a file': [() => writeFileSync(at(), 'data'), /is a file/],
  'a link to nothing': [() => symlinkSync('/nowhere/at/all', at()), /a link to nothing/],
  'a link to a folder with files': [
    () => (mkdirSync(fleet.on('a', 'files')), writeFileSync(fleet.on('a', 'files/x'), ''), symlinkSync(fleet.on('a', 'files'), at())),
    /a folder with other files/,
  ],
  'a link to an empty folder': [
    () => (mkdirSync(fleet.on('a', 'none')), symlinkSync(fleet.on('a', 'none'), at())),
    /a link to an empty folder/,
  ],
  "another tool's damaged mirror": [() => (capistrano(), truncateSync(at('/HEAD'), 0)), /cannot open/],
}

for (const [what, [make, said]] of Object.entries(foreign)) {
  test(`plan, deploy and doctor refuse ${what} in the mirror's place, before anything is written`, async () => {
    make()
    const before = all(fleet.on('a', '.'))
    const ran = await deploy()
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, said)
    assert.match(ran.failures[0]!.hint ?? '', /mv ~\/srv\/repo ~\/srv\/repo\.before-shipit|repoPath/)
    assert.ok(!existsSync(fleet.on('a', 'releases')), 'nothing was made')
    const plan = await fleet.run(['deploy'], { planOnly: true })
    assert.match(plan.failures[0]!.reason, said)
    const doctor = await fleet.run([], { doctor: true })
    assert.match(doctor.findings.map(({ message }) => message).join('\n'), said)
    rmSync(fleet.on('a', '.shipit'), { recursive: true, force: true })
    assert.equal(all(fleet.on('a', '.')), before)
  })
}

test('the remedy moves the repository aside whole, and a new mirror takes its place', async () => {
  bare()
  const commit = pushed()
  const ran = await deploy()
  assert.match(ran.failures[0]!.hint!, /mv ~\/srv\/repo ~\/srv\/repo\.before-shipit/)
  const aside = asTold(ran)
  await good()
  assert.equal(git('--git-dir', aside, 'rev-parse', 'precious'), commit)
})

test("Capistrano's mirror is used without moving or removing its branches, and Capistrano can still use it", async () => {
  capistrano()
  const commit = pushed()
  const main = inMirror('rev-parse', 'main')
  for (let i = 0; i < 2; i++) {
    fleet.commit('index', `next ${i}`)
    await good()
  }
  assert.equal(inMirror('rev-parse', 'precious'), commit)
  assert.equal(inMirror('rev-parse', 'main'), main)
  inMirror('remote', 'update', '--prune')
  assert.equal(inMirror('rev-parse', 'main'), git('-C', fleet.repo, 'rev-parse', 'main'))
  await good()
})

test("Capistrano's mirror follows repoUrl where Capistrano has deployed", async () => {
  capistrano(other())
  hasDeployed()
  const commit = pushed()
  await good()
  assert.equal(inMirror('config', 'remote.origin.url'), fleet.repo)
  assert.equal(inMirror('rev-parse', 'precious'), commit)
})

test('shipit marks its mirror, which follows repoUrl, and refuses a mirror of another application', async () => {
  await good()
  assert.equal(inMirror('config', 'shipit.mirror'), 'shop')
  assert.equal((await deploy({ repoUrl: other() })).exit, 0)
  await good()
  const blog = { application: 'blog', deployTo: '~/srv/blog', repoPath: '~/srv/repo' }
  const ran = await deploy({ ...blog, repoUrl: other() })
  assert.equal(ran.exit, 1)
  assert.match(ran.failures[0]!.reason, /the mirror of another application, shop/)
  assert.match(ran.failures[0]!.hint!, /repoPath/)
  // two applications with the same repository may share a mirror
  await good(blog)
})

test('a mirror that has received pushes keeps the pushed branches', async () => {
  await good()
  const commit = pushed()
  hook()
  fleet.commit('index', 'later')
  await good()
  assert.equal(inMirror('rev-parse', 'precious'), commit)
})

test('a branch pushed into the mirror survives when the damaged mirror is created anew', async () => {
  await good()
  const commit = pushed()
  for (const damage of [() => truncateSync(at('/HEAD'), 0), () => rmSync(at('/HEAD'))]) {
    damage()
    fleet.commit('index', `${Math.random()}`)
    const ran = await good()
    const [said] = ran.events.flatMap((event) => (event.type === 'log' && event.level === 'warn' ? [event.message] : []))
    const aside = /its branches are not those of the last fetch: it was moved to (\S+), and a new one is made$/m.exec(said!)![1]!
    assert.equal(readFileSync(join(aside, 'refs/heads/precious'), 'utf8').trim(), commit)
    rmSync(at(), { recursive: true })
    renameSync(aside, at())
  }
})

test('a branch pushed into the mirror survives a change of repoUrl', async () => {
  await good()
  const commit = pushed()
  fleet.commit('index', 'later')
  await good()
  assert.equal((await deploy({ repoUrl: other() })).exit, 0)
  await good()
  assert.equal(inMirror('rev-parse', 'precious'), commit)
})

test('a branch deleted on the remote is deleted in the mirror, even if a folder of branches takes its name', async () => {
  await good()
  git('-C', fleet.repo, 'branch', 'topic')
  fleet.commit('index', 'with topic')
  await good()
  assert.match(inMirror('for-each-ref'), /refs\/heads\/topic$/m)
  git('-C', fleet.repo, 'branch', '-D', 'topic')
  git('-C', fleet.repo, 'branch', 'topic/one')
  fleet.commit('index', 'without')
  await good()
  assert.doesNotMatch(inMirror('for-each-ref'), /refs\/heads\/topic$/m)
  git('-C', fleet.repo, 'branch', '-D', 'topic/one')
})

test("the remedy moves Capistrano's damaged mirror aside without removing it", async () => {
  capistrano()
  await good()
  // truncates a loose object: a file of the deployed commit
  inMirror('repack', '-qad')
  const packs = readdirSync(at('/objects/pack')).map((name) => at(`/objects/pack/${name}`))
  const pack = readFileSync(packs.find((name) => name.endsWith('.pack'))!)
  for (const file of packs) rmSync(file, { force: true })
  execFileSync('git', ['--git-dir', at(), 'unpack-objects', '-q'], { input: pack })
  const blob = inMirror('rev-parse', 'main:index')
  chmodSync(at(`/objects/${blob.slice(0, 2)}/${blob.slice(2)}`), 0o644)
  truncateSync(at(`/objects/${blob.slice(0, 2)}/${blob.slice(2)}`), 4)
  const ran = await deploy()
  assert.match(ran.failures[0]!.hint!, /the mirror is damaged: on that host, mv ~\/srv\/repo ~\/srv\/repo\.damaged-\$\(date \+%s\); /)
  asTold(ran)
  await good()
})

test('a damaged mirror is created anew, and the remedy works for one behind a link', async () => {
  await good()
  truncateSync(at('/HEAD'), 0)
  await good()
  rmSync(at('/objects'), { recursive: true })
  await good()
  const data = fleet.on('a', 'data')
  renameSync(at(), data)
  symlinkSync(data, at())
  fleet.commit('index', 'linked')
  await good()
  truncateSync(join(data, 'HEAD'), 0)
  const ran = await deploy()
  assert.match(ran.failures[0]!.reason, /a link to a damaged mirror/)
  assert.match(ran.failures[0]!.hint!, /^move the link aside: mv [^;]*; the next deploy makes a new mirror$/)
  asTold(ran)
  await good()
})

test('first deploys of stages that share a mirror all succeed when run at once, eight times', { timeout: 300_000 }, async () => {
  for (let round = 0; round < 8; round++) {
    const shared = `~/shared-${round}/mirrors/shop.git`
    const ran = await Promise.all(
      ['one', 'two', 'three'].map((name) => fleet.run(['deploy'], { config: { deployTo: `~/${name}-${round}`, repoPath: shared } })),
    )
    assert.deepEqual(
      ran.map(({ exit, failures }) => [exit, failures]),
      [0, 1, 2].map(() => [0, []]),
    )
  }
})

test('a deploy that waits for a shared mirror names who uses it, and gives up after the limit', async () => {
  const config = { repoPath: '~/pool/shop.git', git: { transferTimeout: '1s' } }
  assert.equal((await deploy(config)).exit, 0)
  fleet.commit('index', 'more')
  const mirror = join(fleet.on('a', '..'), 'pool/shop.git')
  assert.match(readFileSync(`${mirror}.lock`, 'utf8'), /^anna, shop test$/m)
  const holder = execFileSync('sh', ['-c', `exec 8<"$1"; flock 8; sleep 60 >/dev/null 2>&1 & echo $!`, 'sh', `${mirror}.lock`], {
    encoding: 'utf8',
  })
  try {
    const ran = await deploy(config)
    assert.equal(ran.exit, 1)
    const said = ran.failures[0]!.output.join('\n')
    assert.match(said, /waiting for the mirror .*shop\.git: in use by anna, shop test/)
    assert.match(said, /was not free within 1 seconds/)
    assert.match(ran.failures[0]!.hint!, /shares this repoPath/)
  } finally {
    process.kill(Number(holder))
  }
  assert.equal((await deploy(config)).exit, 0)
})

test('the lock of a shared mirror is writable only for accounts that may write in its folder', async () => {
  for (const [mode, lock] of [
    ['755', 0o600],
    ['2775', 0o660],
    ['1777', 0o666],
  ] as const) {
    const pool = fleet.on('a', '../pool')
    mkdirSync(pool, { recursive: true })
    execFileSync('chmod', [mode, pool])
    assert.equal((await deploy({ repoPath: '~/pool/shop.git' })).exit, 0)
    assert.equal(statSync(join(pool, 'shop.git.lock')).mode & 0o777, lock, mode)
    rmSync(pool, { recursive: true })
  }
})

// root can read everything
if (process.getuid?.() !== 0)
  test('an unreadable mirror is an error that says so', async () => {
    capistrano()
    execFileSync('chmod', ['000', at()])
    const ran = await deploy()
    execFileSync('chmod', ['755', at()])
    assert.match(ran.failures[0]!.reason, /may not be read/)
  })

test("a copied mirror from another path still counts as shipit's", async () => {
  await good()
  cpSync(at(), at('.copy'), { recursive: true })
  rmSync(at(), { recursive: true })
  renameSync(at('.copy'), at())
  fleet.commit('index', 'copied')
  await good()
})
