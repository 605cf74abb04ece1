import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startGitServer, type GitServer } from '../support/gitserver.ts'
import { startGitSsh } from '../support/gitssh.ts'
import { startPaced, type Pace } from '../support/pace.ts'
import { answers, freePort } from '../support/port.ts'
import { startFleet, type Fleet, type RunOptions } from './support.ts'

let fleet: Fleet
let served: string
let http: GitServer
let daemon: ChildProcess
let daemonPort: number
let bin: string
before(async () => {
  fleet = await startFleet(['a'])
  fleet.commit('noise', randomBytes(60_000).toString('base64'))
  served = join(dirname(fleet.repo), 'served')
  mkdirSync(served)
  git(served, 'clone', '-q', '--bare', fleet.repo, 'app.git')
  http = await startGitServer(served)
  daemonPort = await freePort()
  daemon = spawn('git', ['daemon', '--export-all', `--base-path=${served}`, '--listen=127.0.0.1', `--port=${daemonPort}`], {
    stdio: 'ignore',
  })
  while (!(await answers(daemonPort))) await pause(20)
  // ssh without this account's known hosts and keys
  bin = join(dirname(fleet.repo), 'bin')
  mkdirSync(bin)
  writeFileSync(
    join(bin, 'ssh'),
    `#!/bin/sh\nexec ${execFileSync('which', ['ssh'], { encoding: 'utf8' }).trim()} -F none -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no "$@"\n`,
  )
  chmodSync(join(bin, 'ssh'), 0o755)
})
after(async () => {
  daemon.kill()
  await http.stop()
  await fleet.stop()
})
beforeEach(() => rmSync(fleet.on('a', '.'), { recursive: true, force: true }))

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.file.allow=always', ...args], {
    encoding: 'utf8',
    cwd,
  }).trim()
const deploy = (repoUrl: string, o: RunOptions = {}) =>
  fleet.run(['deploy'], {
    ...o,
    config: { repoUrl, git: { timeout: '2s' }, env: { PATH: `${bin}:${process.env['PATH']}` }, ...o.config },
  })

/** Servers of the same repositories, one for each protocol of git, that answer at a given pace. */
const SERVERS = {
  http: async (pace: Pace) => {
    const server = await startPaced(http.port, pace)
    return { ...server, url: (repo: string) => `http://127.0.0.1:${server.port}/${repo}` }
  },
  git: async (pace: Pace) => {
    const server = await startPaced(daemonPort, pace)
    return { ...server, url: (repo: string) => `git://127.0.0.1:${server.port}/${repo}` }
  },
  ssh: async (pace: Pace) => {
    const server = await startGitSsh(served, pace)
    return { ...server, url: (repo: string) => `ssh://git@127.0.0.1:${server.port}/${repo}` }
  },
} as const
const HANGS = { hangsAfter: 30_000 }

/** The processes of git and ssh that have this port in their arguments. */
const running = (port: number) =>
  readdirSync('/proc').flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
      return /^\d+$/.test(pid) && /git|ssh/.test(words) && words.includes(`${port}`) ? [words] : []
    } catch {
      return []
    }
  })

describe('a git server that goes silent', { skip: !existsSync('/proc/self/io') }, () => {
  for (const [way, start] of Object.entries(SERVERS)) {
    test(`is given up after git.timeout during a clone (${way}): its processes end, and the lock is free`, async (t) => {
      const server = await start(HANGS)
      t.after(server.stop)
      const url = server.url('app.git')
      const ran = await deploy(url)
      assert.equal(ran.exit, 1)
      const { task, host, reason, hint, output } = ran.failures[0]!
      assert.deepEqual([task, host], ['git:clone', 'a'])
      assert.equal(
        hint,
        `the git server does not answer: on that host, try git ls-remote ${url}; a limit above 2.0s is --set git.timeout=5m`,
        `${reason} ${output.join('\n')}`,
      )
      if (way !== 'http') assert.match(output.join('\n'), /nothing came from the git server for 2 seconds/)
      assert.deepEqual(running(server.port), [])
      const next = await deploy(fleet.repo)
      assert.deepEqual([next.exit, next.failures], [0, []])
    })

    test(`is waited for if it sends a little at a time (${way}), longer than git.timeout`, async (t) => {
      const server = await start({ piece: { bytes: 8000, pause: 500 } })
      t.after(server.stop)
      const ran = await deploy(server.url('app.git'))
      assert.deepEqual([ran.exit, ran.failures], [0, []])
      assert.ok(ran.events.some((e) => e.type === 'step:end' && e.task === 'git:clone' && e.ms > 3000))
    })
  }

  test('is given up during a fetch, and the next deploy fetches', async (t) => {
    const server = await SERVERS.git(HANGS)
    t.after(server.stop)
    assert.equal((await deploy(`git://127.0.0.1:${daemonPort}/app.git`)).exit, 0)
    const work = join(served, 'work')
    git(served, 'clone', '-q', 'app.git', work)
    writeFileSync(join(work, 'more'), randomBytes(60_000).toString('base64'))
    git(work, 'add', '-A')
    git(work, 'commit', '-qm', 'more')
    git(work, 'push', '-q')
    const ran = await deploy(server.url('app.git'))
    assert.deepEqual([ran.exit, ran.failures[0]?.task], [1, 'git:update'])
    assert.match(ran.failures[0]!.hint!, /the git server does not answer/)
    const next = await deploy(`git://127.0.0.1:${daemonPort}/app.git`)
    assert.deepEqual([next.exit, next.failures], [0, []])
  })

  test("is named by the submodule's address during the fetch of a submodule", async (t) => {
    const server = await SERVERS.ssh(HANGS)
    t.after(server.stop)
    git(served, 'clone', '-q', '--bare', fleet.repo, 'parent.git')
    const work = join(served, 'parent')
    git(served, 'clone', '-q', 'parent.git', work)
    git(work, 'submodule', '--quiet', 'add', join(served, 'app.git'), 'lib')
    git(work, 'config', '-f', '.gitmodules', 'submodule.lib.url', server.url('app.git'))
    git(work, 'commit', '-qam', 'lib')
    git(work, 'push', '-q')
    const ran = await deploy(`http://127.0.0.1:${http.port}/parent.git`)
    assert.deepEqual([ran.exit, ran.failures[0]?.task], [1, 'git:create_release'])
    assert.match(ran.failures[0]!.hint!, new RegExp(`does not answer: on that host, try git ls-remote ${server.url('app.git')};`))
  })

  test('is given up during the search for a short commit, before anything is written', async (t) => {
    const server = await SERVERS.git({ hangsAfter: 700 })
    t.after(server.stop)
    const ran = await deploy(server.url('app.git'), { branch: git(served, '--git-dir', 'app.git', 'rev-parse', 'main~1').slice(0, 8) })
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.hint!, /the git server does not answer/)
    assert.ok(!existsSync(fleet.on('a', 'repo')))
  })
})
