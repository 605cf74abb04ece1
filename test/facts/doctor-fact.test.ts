import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { doctorFact, parseDoctor, repositoryFact, type DoctorFacts } from '../../src/facts/doctor-fact.ts'
import { render } from '../../src/shell/render.ts'
import { path } from '../../src/values/path.ts'
import { needs, program } from '../support/needs.ts'
import { startSshd } from '../support/sshd.ts'
import { missingShells, shells } from '../shell/shells.ts'

const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

const place = (t: TestContext): string => {
  const root = mkdtempSync(join(tmpdir(), "shipit doctor '"))
  chmodSync(root, 0o755)
  t.after(() => rmSync(root, { recursive: true, force: true }))
  return root
}
/** The doctor's facts of a deploy at `deployTo`, read by an account other than root. */
const look = (shell: readonly string[], deployTo: string, linked: readonly string[] = []): DoctorFacts => {
  const at = path(deployTo)
  const command = doctorFact({ deployTo: at, releases: at.join('releases'), shared: at.join('shared'), repo: at.join('repo') }, linked)
  const { stdout, stderr, status } = spawnSync(shell[0]!, [...shell.slice(1), '-s'], {
    input: Buffer.concat([Buffer.from('set -e\n'), render(command, { secrets: 'reveal' }), Buffer.from('\n')]),
    encoding: 'utf8',
    ...NOBODY,
  })
  assert.equal(stderr, '')
  assert.equal(status, 0)
  return parseDoctor(stdout)
}

test('all shells are installed', { skip: missingShells() }, () => assert.ok(shells.length > 3))

for (const shell of shells) {
  const name = shell.join(' ')
  test(`${name} reads unwritable folders, linked paths, free space and the time`, (t) => {
    const root = place(t)
    const app = join(root, 'app')
    for (const dir of ['releases', 'shared/config', '.shipit/releases']) mkdirSync(join(app, dir), { recursive: true })
    for (const dir of ['', 'releases', 'shared', '.shipit', '.shipit/releases']) chmodSync(join(app, dir), 0o777)
    chmodSync(join(app, 'releases'), 0o555)
    writeFileSync(join(app, 'repo'), 'a file')
    writeFileSync(join(app, 'shared/there'), '')
    symlinkSync('nowhere', join(app, 'shared/.env'))
    const before = Math.floor(Date.now() / 1000)
    const facts = look(shell, app, ['there', '.env', 'config', 'config/master key'])
    assert.ok(facts.now! >= before && facts.now! <= Date.now() / 1000)
    assert.deepEqual(facts.at, { path: app, directory: true })
    const owner = execFileSync('stat', ['-c', '%U', app], { encoding: 'utf8' }).trim()
    assert.deepEqual(facts.closed, [
      { owner, path: join(app, 'releases') },
      { owner, path: join(app, 'repo') },
    ])
    assert.deepEqual(facts.unlinked, [
      { path: join(app, 'shared/.env'), what: 'dangling' },
      { path: join(app, 'shared/config'), what: 'folder' },
      { path: join(app, 'shared/config/master key'), what: 'missing' },
    ])
    assert.ok(facts.disk!.total > facts.disk!.free && facts.disk!.mount.startsWith('/'))
    assert.equal(facts.lock, undefined)
  })

  test(`${name} reads the nearest existing parent of a missing deployTo`, (t) => {
    const root = place(t)
    chmodSync(root, 0o755)
    const facts = look(shell, join(root, 'srv/apps/shop'))
    assert.deepEqual(facts.at, { path: root, directory: true })
    assert.match(facts.place!, /^[\da-f-]{36} \d+:\d+ srv\/apps\/shop\/$/)
    if (process.getuid?.() === 0) assert.deepEqual(facts.closed, [{ owner: 'root', path: root }])
    writeFileSync(join(root, 'srv'), '')
    assert.deepEqual(look(shell, join(root, 'srv/apps/shop')).at, { path: join(root, 'srv'), directory: false })
  })

  test(`${name} reads who holds the lock`, { skip: needs('flock') }, async (t) => {
    const app = join(place(t), 'app')
    mkdirSync(join(app, '.shipit'), { recursive: true })
    const lock = join(app, '.shipit/lock')
    writeFileSync(lock, 'run1\nanna@desk\nproduction deploy\n1764000000\nend\n')
    writeFileSync(join(app, '.shipit/lock.run'), 'run1\n')
    assert.equal(look(shell, app).lock, undefined)
    const holder = spawn('/bin/sh', ['-c', 'exec 9<>"$0"; flock -n 9; echo held; read -r line', lock], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    await once(holder.stdout, 'data')
    const held = look(shell, app).lock
    holder.stdin.end()
    await once(holder, 'exit')
    assert.deepEqual(held, { owner: 'anna@desk', what: 'production deploy', since: 1764000000 })
  })
}

test('lines of df are read whatever precedes them, and a filesystem without inodes has no inodes fact', () => {
  const facts = parseDoctor(
    'disk /dev/mapper/a b  1000 400 600 40% /srv/my app\ninodes btrfs 0 0 0 - /srv\nunlinked odd /x\nlock r\nlock anna@desk\n',
  )
  assert.deepEqual(facts.disk, { total: 1_024_000, free: 614_400, mount: '/srv/my app' })
  assert.equal(facts.inodes, undefined)
  assert.deepEqual(facts.unlinked, [{ path: '/x', what: 'missing' }])
  assert.deepEqual(parseDoctor('').disk, undefined)
})

test(
  'a new host key of the git server is not stored by doctor, and a changed one is refused',
  { skip: needs('sshd', 'ssh', 'git') },
  async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'shipit-git-'))
    const [server, other] = await Promise.all([startSshd(), startSshd()])
    t.after(async () => {
      rmSync(root, { recursive: true, force: true })
      await Promise.all([server.stop(), other.stop()])
    })
    const git = (...args: string[]) => execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args])
    git('init', '-q', '-b', 'main')
    git('commit', '-q', '--allow-empty', '-m', 'one')
    const ask = () => {
      const repoUrl = `ssh://${server.user}@127.0.0.1:${server.port}${root}`
      const command = repositoryFact({ repoUrl, git: { ...GIT, hostKeys: 'accept-new' } }, 'main', path(join(root, 'no-mirror')))
      return spawnSync('/bin/sh', ['-c', render(command, { secrets: 'reveal' }).toString()], {
        encoding: 'utf8',
        env: { ...process.env, HOME: root, PATH: `${withKey(root, server.keyFile)}:${process.env['PATH']}` },
      })
    }
    const first = ask()
    assert.match(first.stdout, /^[0-9a-f]{40}\trefs\/heads\/main$/m, first.stderr)
    assert.ok(!existsSync(join(root, '.ssh')))
    mkdirSync(join(root, '.ssh'))
    writeFileSync(join(root, '.ssh/known_hosts'), readFileSync(other.knownHosts, 'utf8').replace(`:${other.port} `, `:${server.port} `))
    const changed = ask()
    assert.notEqual(changed.status, 0)
    assert.match(changed.stderr, /Host key verification failed/)
  },
)

const GIT = { hostKeys: 'yes', limit: 10, timeout: 60_000, transferTimeout: 3_600_000, submodules: true, lfs: true } as const

/** Adds an `ssh` to the folder that uses this key and no configuration of the machine. */
const withKey = (root: string, keyFile: string): string => {
  writeFileSync(join(root, 'ssh'), `#!/bin/sh\nexec ${program('ssh')} -F none -i ${keyFile} -o IdentitiesOnly=yes "$@"\n`, { mode: 0o755 })
  return root
}
