import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { configText, place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

/** Hosts are folders of this machine: the tests look at the exit code and at what is left, not at how it got there. */
const skip = needs('git', 'flock')
let project: Place
const terminal = terminals()
before(() => {
  if (skip) return
  project = place()
  project.write({ 'repo/index': 'one\n' })
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', join(project.dir, 'repo'), '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args])
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-qm', 'one')
  project.write({
    'deploy.config.ts': configText(`
  repoUrl: '${project.dir}/repo',
  ssh: { transport: 'local' },
  tasks: {
    ok: { steps: () => [sh\`true\`] },
    // the files that a test creates decide
    early: { steps: ({ host }) => [sh\`if test -e \${'${project.dir}/early.' + host.name}; then echo "told to fail" >&2; exit 3; fi
while test -e \${'${project.dir}/wait.' + host.name}; do echo waiting; sleep 0.2; done\`.title('look')] },
    late: { steps: () => [sh\`! test -e \${'${project.dir}/late'}\`] },
    stubborn: { steps: () => [sh\`trap '' INT TERM; echo " pid $$ "; while :; do sleep 1; done\`] },
    recovered: { steps: () => [sh\`echo recovered\`] },
  },
  hooks: { after: { 'deploy:updated': 'early', 'deploy:published': 'late', 'deploy:failed': 'recovered' } },
  stages: {
    one: { servers: ['h1'], deployTo: '${project.dir}/srv/one' },
    two: { servers: ['h1', 'h2'] },
    gone: { servers: [{ host: 'shipit-no-such-host.invalid', ssh: { transport: 'ssh2', configFile: 'none' } }] },
  },`),
  })
})
after(() => project?.remove())

const live = (stage = 'one'): string | undefined => {
  const link = join(project.dir, 'srv', stage, 'current')
  return existsSync(link) ? readlinkSync(link).split('/').at(-1) : undefined
}
const told = async (file: string, during: () => Promise<void>): Promise<void> => {
  project.write({ [file]: '' })
  try {
    await during()
  } finally {
    execFileSync('rm', ['-f', join(project.dir, file)])
  }
}
const run = (...args: string[]) => project.shipit([...args, '--no-log'])

test('a deploy exits 0, 1 when it fails before the switch and 7 after it, and a rollback to nothing exits 1', { skip }, async () => {
  assert.equal((await run('one', 'deploy')).code, 0)
  const first = live()
  await told('early.h1', async () => {
    const ran = await run('one', 'deploy')
    assert.equal(ran.code, 1)
    assert.match(ran.stdout, /recovered/)
    assert.equal(ran.stdout.match(/✖ early on h1: exit 3/g)?.length, 1)
    assert.match(ran.stdout, /what was live is still live/)
    assert.equal(live(), first)
  })
  await told('late', async () => {
    const ran = await run('one', 'deploy')
    assert.equal(ran.code, 7)
    assert.match(ran.stdout, /is live everywhere, but a later task failed/)
    assert.notEqual(live(), first)
  })
  assert.equal((await run('one', 'deploy:rollback')).code, 0)
  assert.equal(live(), first)
  assert.equal((await run('one', 'deploy:rollback')).code, 1)
  assert.equal(live(), first)
})

test('the exit code is 2 for a mistake found before connecting, and 3 for an unreachable host', { skip }, async () => {
  assert.equal((await run('three', 'deploy')).code, 2)
  assert.equal((await run('one', 'deplo')).code, 2)
  const gone = await run('gone', 'ok')
  assert.equal(gone.code, 3)
  assert.match(gone.stdout, /shipit-no-such-host\.invalid/)
})

test('the second of two deploys exits 4 and names who holds the lock, since when', { skip }, async () => {
  await told('wait.h1', async () => {
    const child = project.spawn(['one', 'deploy', '--no-log'], { env: { USER: 'alice', SHIPIT_USER: 'alice' } })
    let text = ''
    child.stdout!.on('data', (chunk: Buffer) => (text += String(chunk)))
    while (!text.includes('waiting')) await sleep(20)
    const second = await run('one', 'deploy')
    assert.equal(second.code, 4, second.stdout)
    assert.match(second.stdout, /alice.*(since|\d\d:\d\d)/)
    execFileSync('rm', [join(project.dir, 'wait.h1')])
    assert.equal(await new Promise((done) => child.on('close', done)), 0)
  })
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(
    `${code} is the exit code of a deploy ended by ${signal}: its steps end, deploy:failed runs, and what was live stays live`,
    { skip },
    async () => {
      assert.equal((await run('one', 'deploy')).code, 0)
      const before = live()
      await told('wait.h1', async () => {
        const child = project.spawn(['one', 'deploy', '--no-log'])
        let text = ''
        child.stdout!.on('data', (chunk: Buffer) => (text += String(chunk)))
        while (!text.includes('waiting')) await sleep(20)
        child.kill(signal)
        assert.equal(await new Promise((done) => child.on('close', done)), code, text)
        assert.match(text, /interrupted; what was live is still live/)
        assert.match(text, /recovered/)
        assert.match(text, new RegExp(`h1 +${before} `))
        assert.equal(live(), before)
      })
      assert.equal((await run('one', 'deploy')).code, 0)
    },
  )
}

test(
  'a failed deploy on a terminal of 80 columns shows the tree, the failure once, and what is live',
  { skip: skip || needs('tmux') },
  async () => {
    await told('early.h1', async () => {
      const screen = terminal('failing', project.words('one', 'deploy', '--no-log'), { cwd: project.dir, env: { HOME: project.home } })
      const end = await screen.until(/^exit \d+$/m)
      assert.match(end, /exit 1$/)
      assert.match(end, /✔ check h1/)
      assert.match(end, new RegExp(`h1 +${live()} `))
      assert.match(end, /✖ prepare the release on h1/)
      assert.equal(end.match(/✖ early on h1: exit 3/g)?.length, 1)
      assert.equal(end.match(/│ told to fail/g)?.length, 1)
      assert.ok(end.split('\n').every((line) => line.length <= 80))
    })
  },
)

test('a failure on one of two hosts fits a terminal of 80 columns', { skip: skip || needs('tmux') }, async () => {
  await told('early.h2', async () => {
    const screen = terminal('two', project.words('two', 'early', '--no-log'), { cwd: project.dir, env: { HOME: project.home } })
    const end = await screen.until(/^exit \d+$/m)
    assert.match(end, /✖ early 2 hosts .*\n {2}✖ h2 {2}exit 3 /)
    assert.equal(end.match(/✖ early on h2: exit 3/g)?.length, 1)
    assert.doesNotMatch(end, /✖ h1/)
  })
})

test('Ctrl-C at a terminal ends a deploy cleanly and reports which release is live', { skip: skip || needs('tmux') }, async () => {
  const before = live()
  await told('wait.h1', async () => {
    const screen = terminal('ctrl-c', project.words('one', 'deploy', '--no-log'), { cwd: project.dir, env: { HOME: project.home } })
    const running = await screen.until(/waiting/)
    assert.match(running, /. prepare the release on h1/)
    screen.keys('C-c')
    const end = await screen.until(/^exit \d+$/m)
    assert.match(end, /exit 130$/)
    assert.match(end, /Interrupted: cleaning up/)
    assert.match(end, new RegExp(`h1 +${before} `))
    assert.match(end, /interrupted; what was live is still live/)
    assert.equal(end.match(/\^C/g)?.length ?? 0, 0)
  })
  assert.equal(live(), before)
})

test('a second Ctrl-C at a terminal ends shipit at once, and the host ends its steps', { skip: skip || needs('tmux') }, async () => {
  const screen = terminal('twice', project.words('one', 'stubborn', '--no-log'), { cwd: project.dir, env: { HOME: project.home } })
  const pid = Number(/ pid (\d+)$/m.exec(await screen.until(/ pid \d+$/m))?.[1])
  screen.keys('C-c')
  await screen.until(/Interrupted: cleaning up/)
  // two in quick succession count as one
  await sleep(400)
  screen.keys('C-c')
  const end = await screen.until(/^exit \d+$/m)
  assert.match(end, /stopped at once/)
  assert.match(end, /exit 130$/)
  while (runs(pid)) await sleep(50)
})

const runs = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
