import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { needs } from '../../support/needs.ts'
import { freePort } from '../../support/port.ts'
import { startSshd, type Sshd } from '../../support/sshd.ts'
import { until } from '../../transport/contract-support.ts'
import { configText, place, type Place } from '../support/place.ts'

const skip = needs('sshd', 'ssh', 'git', 'flock')
let servers: readonly Sshd[] = []
let project: Place
const children: ChildProcess[] = []
const NAMES = ['first', 'second']
/** The home of the account on a server: each host has a deploy path of its own there. */
const home = (name: string): string => join(project.dir, `home-${name}`)
const hold = (name: string): string => join(home(name), 'srv/.shipit/hold')

before(async () => {
  if (skip) return
  project = place({ 'repo/index': 'one\n' })
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', join(project.dir, 'repo'), '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args])
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-qm', 'one')
  servers = await Promise.all(NAMES.map((name) => startSshd({ config: [`SetEnv SHLVL=2 HOME=${home(name)}`] })))
  project.write({
    ssh_config:
      servers
        .map(
          (server, i) =>
            `Host ${NAMES[i]}\n  HostName 127.0.0.1\n  Port ${server.port}\n  UserKnownHostsFile ${server.knownHosts}\n  IdentityFile ${server.keyFile}\n`,
        )
        .join('') + `Host gone\n  HostName 127.0.0.1\n  Port ${await freePort()}\nHost *\n  IdentitiesOnly yes\n`,
    'deploy.config.ts': configText(`
  repoUrl: '${project.dir}/repo', deployTo: '~/srv', ssh: { user: '${servers[0]!.user}', configFile: '${project.dir}/ssh_config' },
  // on one host: another one might make the file again, after it was removed
  tasks: { waits: { on: { roles: 'all', where: ({ name }) => name === 'first' }, steps: () => [sh\`touch ${project.dir}/waits; while [ -e ${project.dir}/waits ]; do sleep 0.05; done\`] } },
  stages: {
    test: { servers: ['first', 'second'] },
    slow: { servers: ['first', 'second'], hooks: { before: { 'deploy:check': 'waits' } } },
    partly: { servers: ['first', 'gone'] },
    none: { servers: [{ host: 'first', release: false }] },
    own: { servers: [], tasks: { lock: { on: 'local', description: 'Lock ours', steps: () => [sh\`echo ours\`] } } },
  },`),
  })
})
beforeEach(() => {
  if (skip) return
  for (const name of NAMES) {
    rmSync(home(name), { recursive: true, force: true })
    mkdirSync(home(name))
  }
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(servers.map((server) => server.stop()))
  project?.remove()
})

const shipit = (stage: string, ...args: string[]) => project.shipit([stage, ...args, '--no-log'])

test('lock holds the lock of all hosts until unlock, and says who locked, when and why', { skip }, async () => {
  const locked = await shipit('test', 'lock', '-m', 'moving the database')
  assert.equal(locked.code, 0, locked.stdout + locked.stderr)
  assert.match(
    locked.stdout,
    /✔ test is locked on 2 hosts: no deploy, no rollback .*\n {2}next: when that is over:\n {8}shipit test unlock\n/,
  )
  for (const name of NAMES) assert.match(readFileSync(hold(name), 'utf8'), /^\S+@\S+\n\d+\nmoving the database\nend\n$/)
  const why = /locked by \S+@\S+ since 20\S+ \S+ UTC \(\d+ seconds? ago\): moving the database/
  for (const task of ['deploy', 'deploy:rollback', 'deploy:cleanup', 'lock -m again']) {
    const refused = await shipit('test', ...task.split(' '))
    assert.equal(refused.code, 4, task)
    assert.match(refused.stdout, why)
    assert.match(refused.stdout, /→ when that is over: shipit test unlock\n/)
  }
  assert.ok(!existsSync(join(home('first'), 'srv/current')))
  const doctor = await shipit('test', 'doctor')
  assert.match(doctor.stdout, why)
  assert.match(doctor.stdout, /→ when that is over: shipit test unlock\n/)
  const plan = await shipit('test', 'plan', 'deploy')
  assert.match(plan.stderr, /; a run is refused/)
  const unlocked = await shipit('test', 'unlock')
  assert.equal(unlocked.code, 0)
  assert.match(unlocked.stdout, /\nfirst, second were locked by \S+@\S+ since .* ago\): moving the database\n\n✔ unlocked on 2 hosts/)
  const again = await shipit('test', 'unlock')
  assert.deepEqual([again.code, /✔ test was not locked/.test(again.stdout)], [0, true])
  assert.deepEqual(
    NAMES.map((name) => readdirSync(join(home(name), 'srv/.shipit')).toSorted()),
    [
      ['lock', 'lock.run'],
      ['lock', 'lock.run'],
    ],
  )
  assert.equal((await shipit('test', 'deploy')).code, 0)
})

test('a run with --hosts is refused with a command that unlocks all hosts', { skip }, async () => {
  await shipit('test', 'lock', '-m', 'why')
  const refused = await shipit('test', 'deploy:cleanup', '--hosts', 'second')
  assert.equal(refused.code, 4)
  assert.match(refused.stdout, /→ when that is over: shipit test unlock\n/)
})

test('unlock with --hosts speaks of these hosts alone', { skip }, async () => {
  const ran = await shipit('test', 'unlock', '--hosts', 'second')
  assert.deepEqual([ran.code, /✔ second was not locked/.test(ran.stdout)], [0, true])
})

test('lock locks no host where one cannot be reached, or cannot be written on', { skip }, async () => {
  const gone = await shipit('partly', 'lock', '-m', 'why')
  assert.equal(gone.code, 3)
  assert.match(gone.stdout, /✖ nothing was locked: that needs all hosts, or those of --hosts/)
  assert.ok(!existsSync(hold('first')))
  mkdirSync(join(home('second'), 'srv/.shipit/record-hold/x'), { recursive: true })
  const failed = await shipit('test', 'lock', '-m', 'why')
  assert.equal(failed.code, 1)
  assert.match(failed.stdout, /✖ on second: ~\/srv\/\.shipit\/record-hold is a directory, where shipit keeps a file\n/)
  assert.match(failed.stdout, /→ move it away: ssh .*mv .*record-hold/)
  assert.match(failed.stdout, /✖ nothing is locked: 1 host unlocked again/)
  assert.deepEqual(
    NAMES.map((name) => existsSync(hold(name))),
    [false, false],
  )
})

test('lock and unlock write and remove nothing through a link', { skip }, async () => {
  const other = join(project.dir, 'other')
  writeFileSync(other, 'of somebody else\n')
  mkdirSync(join(home('second'), 'srv/.shipit'), { recursive: true })
  symlinkSync(other, hold('second'))
  const refused = await shipit('test', 'lock', '-m', 'why')
  assert.equal(refused.code, 1)
  assert.match(refused.stdout, /\.shipit\/hold is a link to .*: shipit does not write through links/)
  assert.ok(!existsSync(hold('first')))
  assert.equal((await shipit('test', 'unlock')).code, 0)
  assert.equal(readFileSync(other, 'utf8'), 'of somebody else\n')
  const dir = join(project.dir, 'elsewhere')
  mkdirSync(dir)
  writeFileSync(join(dir, 'hold'), 'of somebody else\n')
  rmSync(join(home('first'), 'srv/.shipit'), { recursive: true })
  symlinkSync(dir, join(home('first'), 'srv/.shipit'))
  const kept = await shipit('test', 'unlock')
  assert.equal(kept.code, 1)
  assert.match(kept.stdout, /\.shipit is a link: shipit removes nothing through it/)
  assert.match(kept.stdout, /✖ not unlocked: first/)
  assert.equal(readFileSync(join(dir, 'hold'), 'utf8'), 'of somebody else\n')
})

test('unlock names a directory in the place of the lock, with the command that moves it away', { skip }, async () => {
  mkdirSync(join(hold('second'), 'kept'), { recursive: true })
  const refused = await shipit('test', 'unlock')
  assert.equal(refused.code, 1)
  assert.doesNotMatch(refused.stdout, /rm: /)
  assert.match(refused.stdout, /✖ on second: ~\/srv\/\.shipit\/hold is a directory, where shipit keeps a file\n/)
  assert.match(refused.stdout, /✖ not unlocked: second/)
  const [, command = ''] = /→ move it away: (ssh .*)$/m.exec(refused.stdout) ?? []
  assert.ok(existsSync(join(hold('second'), 'kept')))
  execFileSync('/bin/sh', ['-c', command], { stdio: 'ignore' })
  assert.equal((await shipit('test', 'unlock')).code, 0)
})

test('a lock that another program wrote, or wrote in part, is one', { skip }, async () => {
  mkdirSync(join(home('first'), 'srv/.shipit'), { recursive: true })
  for (const [text, shown] of [
    ['', /locked by an unknown user\n/],
    ['anna', /locked by anna\n/],
    ['anna\nend\nend\n', /locked by anna\n/],
    [`\u001b[2Janna\nx\n${'y'.repeat(5000)}`, /locked by \[2Janna: y{200}\n/],
  ] as const) {
    writeFileSync(hold('first'), text)
    const { code, stdout } = await shipit('test', 'deploy')
    assert.equal(code, 4)
    assert.match(stdout, shown)
  }
})

test('a mistake in lock and unlock is an error before anything is connected', { skip }, async () => {
  for (const [words, message, hint] of [
    [['lock'], 'why is it locked? Whoever is refused reads the reason', 'shipit test lock -m REASON'],
    [['lock', '-m'], '-m needs a value', '--message REASON'],
    [['lock', '-m', ' '], 'why is it locked? Whoever is refused reads the reason', 'shipit test lock -m REASON'],
    [['lock', 'why'], 'lock runs by itself, not with why', 'shipit test lock -m why'],
    [['lock', 'moving the db'], 'lock runs by itself, not with moving the db', "shipit test lock -m 'moving the db'"],
    [['lock', '-m', 'moving', 'the', 'db'], 'lock runs by itself, not with the db', 'shipit test lock -m REASON'],
    [['lock', '-m', 'x'.repeat(201)], 'a reason has at most 200 characters, and this one 201', 'shipit test lock -m REASON'],
    [['unlock', 'now'], 'unlock runs by itself, not with now', 'shipit test unlock'],
    [['deploy', '--wait-for-lock', '5'], '--wait-for-lock 5: not a time', 'write 30s, 10m or 1h'],
    [['deploy', '--wait-for-lock', '0s'], '--wait-for-lock 0s waits for nothing', 'write 30s, 10m or 1h'],
    [['plan', 'deploy', '--wait-for-lock', '5s'], '--wait-for-lock has no effect in a plan', undefined],
    [['deploy', '-n', '--wait-for-lock', '5s'], '--wait-for-lock has no effect in a plan, which takes no lock', 'leave it out'],
  ] as const) {
    const { code, stderr } = await shipit('test', ...words)
    const [first = '', second = ''] = stderr.split('\n')
    assert.equal(code, 2, stderr)
    assert.ok(first.startsWith(`shipit: ${message}`), first)
    if (hint !== undefined) assert.equal(second.trim(), hint)
  }
  assert.match((await shipit('none', 'lock', '-m', 'x')).stderr, /none of the hosts gets releases/)
})

test('a task called lock runs instead of the command', { skip }, async () => {
  assert.match((await shipit('own', 'lock')).stdout, /ours/)
})

const started = (...args: string[]) => {
  const child = project.spawn([...args, '--no-log'])
  children.push(child)
  const text = { out: '' }
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (text.out += chunk))
  return { child, text, exit: once(child, 'close') as Promise<[number | null]> }
}

test('--wait-for-lock waits for the lock of another run, says what for, and then goes on', { skip }, async () => {
  const first = started('slow', 'deploy')
  await until(() => existsSync(join(project.dir, 'waits')), 'the first deploy runs')
  const lock = started('test', 'lock', '-m', 'after it', '--wait-for-lock', '5m')
  const second = started('slow', 'deploy', '--wait-for-lock', '5m')
  const waiting = /first +waiting for the lock, up to \S+ ?\S* more: locked by \S+@\S+: slow deploy, since /
  await until(() => waiting.test(second.text.out) && waiting.test(lock.text.out), 'both wait')
  const refused = await shipit('test', 'deploy', '--wait-for-lock', '100ms')
  assert.equal(refused.code, 4)
  assert.match(refused.stdout, /✖ on first: locked by \S+@\S+: slow deploy/)
  lock.child.kill('SIGINT')
  assert.equal((await lock.exit)[0], 130)
  assert.match(lock.text.out, /interrupted; nothing was locked/)
  rmSync(join(project.dir, 'waits'))
  assert.equal((await first.exit)[0], 0, first.text.out)
  await until(() => existsSync(join(project.dir, 'waits')), 'the second deploy runs')
  rmSync(join(project.dir, 'waits'))
  assert.equal((await second.exit)[0], 0, second.text.out)
  assert.equal(second.text.out.match(/waiting for the lock/g)!.length, 1)
  assert.equal(readdirSync(join(home('first'), 'srv/releases')).length, 2)
})

test('--wait-for-lock waits for no lock that was taken with the command', { skip }, async () => {
  await shipit('test', 'lock', '-m', 'why')
  const refused = await shipit('test', 'deploy', '--wait-for-lock', '1h')
  assert.equal(refused.code, 4)
})
