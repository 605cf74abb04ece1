import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { promisify } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import { createRedactor } from '../../src/redact/redact.ts'
import { fullPlan } from '../../src/plan/print-full.ts'
import { secret } from '../../src/values/secret.ts'
import { startGitServer, startSilentServer, type GitServer } from '../support/gitserver.ts'
import { answers, freePort } from '../support/port.ts'
import { startFleet, type Fleet, type RunOptions } from './support.ts'

const USER = 'deployer'
/** Different in each run: the test looks at all processes of the machine, those of a parallel run too. */
const PASSWORD = `p@ss/w%rd:${process.pid}`
const ENCODED = encodeURIComponent(PASSWORD)

let fleet: Fleet
let server: GitServer
let silent: GitServer
let served: string
before(async () => {
  fleet = await startFleet(['a'])
  served = join(dirname(fleet.repo), 'served')
  mkdirSync(served)
  server = await startGitServer(served, { user: USER, password: PASSWORD })
  silent = await startSilentServer()
  git(served, 'clone', '-q', '--bare', fleet.repo, 'lib.git')
  git(served, 'clone', '-q', '--bare', fleet.repo, 'app.git')
  const work = join(served, 'work')
  git(served, 'clone', '-q', 'app.git', work)
  git(work, 'submodule', '--quiet', 'add', join(served, 'lib.git'), 'lib')
  git(work, 'config', '-f', '.gitmodules', 'submodule.lib.url', '../lib.git')
  git(work, 'commit', '-qam', 'lib')
  git(work, 'push', '-q')
})
after(async () => {
  await Promise.all([server.stop(), silent.stop()])
  await fleet.stop()
})
beforeEach(() => {
  rmSync(fleet.on('a', '.'), { recursive: true, force: true })
  for (const file of ['.git-credentials', '.netrc', '.gitconfig']) rmSync(home(file), { force: true })
})

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.file.allow=always', ...args], {
    encoding: 'utf8',
    cwd,
  }).trim()
const home = (file: string) => join(fleet.on('a', '..'), file)
const clean = () => `http://127.0.0.1:${server.port}/app.git`
const address = (password = ENCODED) => `http://${USER}:${password}@127.0.0.1:${server.port}/app.git`
const deploy = (repoUrl: unknown, config: RunOptions['config'] = {}, o: RunOptions = {}) =>
  fleet.run(['deploy'], { ...o, config: { repoUrl, ...config } })

/** Collects the arguments of every process of this machine until the returned function is called. */
const watch = () => {
  const seen = new Set<string>()
  let on = true
  const looking = (async () => {
    while (on) {
      for (const pid of readdirSync('/proc')) {
        if (!/^\d+$/.test(pid)) continue
        try {
          seen.add(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '))
        } catch {
          // the process has ended
        }
      }
      await pause(5)
    }
  })()
  return async () => {
    on = false
    await looking
    return [...seen].join('\n')
  }
}
const FORMS = [PASSWORD, ENCODED, encodeURI(PASSWORD), Buffer.from(`${USER}:${PASSWORD}`).toString('base64')]
const clear = (text: string, where: string) => {
  for (const form of FORMS)
    assert.ok(!text.includes(form), `${form} in ${where}: ${text.slice(Math.max(0, text.indexOf(form) - 200), text.indexOf(form) + 40)}`)
}
/** Asserts that no file of the host has the password in any form. */
const onDisk = () => {
  for (const form of FORMS) {
    const found = execFileSync('sh', ['-c', 'grep -rlaF -f - "$1" || :', 'sh', fleet.on('a', '..')], { encoding: 'utf8', input: form })
    assert.equal(found, '', form)
  }
}

for (const [how, given] of [
  ['in repoUrl', address],
  ['in a secret repoUrl', () => secret(address())],
  ['in a computed repoUrl', () => () => Promise.resolve(secret(address()))],
] as const) {
  test(
    `a password ${how} is in no process list, on no disk and in no output, with submodules too`,
    { skip: !existsSync('/proc/self/cmdline') },
    async () => {
      // a helper that would store it, and traces that would print it
      writeFileSync(home('.gitconfig'), '[credential]\n\thelper = store\n')
      const stop = watch()
      const ran = await deploy(given(), { env: { GIT_CURL_VERBOSE: '1', GIT_TRACE: '1' } })
      const words = await stop()
      assert.deepEqual([ran.exit, ran.failures], [0, []])
      assert.equal(readFileSync(fleet.on('a', 'current/lib/index'), 'utf8'), 'one')
      assert.match(words, /git-remote-http/, 'processes of git were seen')
      clear(words, 'a process list')
      clear(JSON.stringify(ran.events), 'the events')
      onDisk()
      assert.equal(git(served, '--git-dir', fleet.on('a', 'repo'), 'config', 'remote.origin.url'), clean())
      const plan = await deploy(given(), {}, { planOnly: true })
      clear(fullPlan(plan.plan!, ''), 'the plan')
      const doctor = await fleet.run([], { doctor: true, config: { repoUrl: given() } })
      assert.deepEqual(doctor.findings, [])
    },
  )
}

test("a deploy removes a password that an earlier tool left in the mirror's config", async () => {
  mkdirSync(fleet.on('a', '.'), { recursive: true })
  await promisify(execFile)('git', ['clone', '-q', '--mirror', address(), fleet.on('a', 'repo')])
  assert.ok(readFileSync(fleet.on('a', 'repo/config'), 'utf8').includes(ENCODED))
  const ran = await deploy(address())
  assert.deepEqual([ran.exit, ran.failures], [0, []])
  onDisk()
})

test('a rejected password is reported without showing it, and an address without one has a hint', async () => {
  const wrong = await deploy(address('wrong-secret'))
  assert.equal(wrong.exit, 1)
  assert.match(wrong.failures[0]!.hint!, /refuses the user and the password of repoUrl/)
  assert.ok(!JSON.stringify(wrong.events).includes('wrong-secret'))
  const none = await deploy(clean())
  assert.match(none.failures[0]!.hint!, /env\.secret\('REPO_URL'\)/)
})

test("the host account's .netrc is used for an address without a login", async () => {
  writeFileSync(home('.netrc'), `machine 127.0.0.1 login ${USER} password ${PASSWORD}\n`, { mode: 0o600 })
  const ran = await deploy(clean())
  assert.deepEqual([ran.exit, ran.failures], [0, []])
})

test('the login is sent only to the server of its address', async () => {
  const other = await startGitServer(served, { user: USER, password: PASSWORD })
  try {
    const work = join(served, 'work')
    git(work, 'checkout', '-q', '-b', 'elsewhere')
    git(work, 'config', '-f', '.gitmodules', 'submodule.lib.url', `http://127.0.0.1:${other.port}/lib.git`)
    git(work, 'commit', '-qam', 'elsewhere')
    git(work, 'push', '-q', 'origin', 'elsewhere')
    const ran = await deploy(address(), {}, { branch: 'elsewhere' })
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.output.join('\n'), /the submodule lib cannot be fetched from http:\/\/127\.0\.0\.1/)
  } finally {
    await other.stop()
  }
})

/** Creates a branch of app whose submodule has this address. */
const withModule = (branch: string, url: string) => {
  const work = join(served, 'work')
  git(work, 'checkout', '-q', '-B', branch, 'origin/main')
  git(work, 'config', '-f', '.gitmodules', 'submodule.lib.url', url)
  git(work, 'commit', '-qam', branch)
  git(work, 'push', '-qf', 'origin', branch)
}
const modulesOf = () => join(fleet.on('a', 'repo'), 'shipit-modules')
const configOfModule = () => join(modulesOf(), readdirSync(modulesOf())[0]!, 'config')

test("a password in .gitmodules is in no process list, no mirror's config and no output", async () => {
  const url = address().replace('app.git', 'lib.git')
  withModule('login', url)
  const run = async () => {
    const stop = watch()
    const ran = await deploy(address(), { env: { GIT_CURL_VERBOSE: '1', GIT_TRACE: '1' } }, { branch: 'login' })
    const words = await stop()
    assert.deepEqual([ran.exit, ran.failures], [0, []])
    clear(words, 'a process list')
    clear(JSON.stringify(ran.events), 'the events')
    clear(readFileSync(configOfModule(), 'utf8'), 'the config of the mirror')
    assert.equal(readFileSync(fleet.on('a', 'current/lib/index'), 'utf8'), 'one')
    return words
  }
  assert.match(await run(), /git-remote-http origin http:\/\/127\.0\.0\.1:\d+\/lib\.git/)
  // as an older version left it, with a new commit to fetch
  git(served, '--git-dir', join(configOfModule(), '..'), 'config', 'remote.origin.url', url)
  const lib = join(served, 'libwork')
  git(served, 'clone', '-q', 'lib.git', lib)
  git(lib, 'commit', '-q', '--allow-empty', '-m', 'two')
  git(lib, 'push', '-q')
  const work = join(served, 'work')
  git(work, 'update-index', '--cacheinfo', `160000,${git(lib, 'rev-parse', 'HEAD')},lib`)
  git(work, 'commit', '-qm', 'two')
  git(work, 'push', '-q', 'origin', 'login')
  assert.match(await run(), /git-remote-http origin http:\/\/127\.0\.0\.1:\d+\/lib\.git/)
})

test('the logins of a submodule and of the repository go only to their own servers', async () => {
  const other = await startGitServer(served, { user: 'other', password: 'other word' })
  try {
    withModule('two-logins', `http://other:other%20word@127.0.0.1:${other.port}/lib.git`)
    const ran = await deploy(address(), {}, { branch: 'two-logins' })
    assert.deepEqual([ran.exit, ran.failures], [0, []])
    withModule('no-login', `http://127.0.0.1:${other.port}/lib.git`)
    assert.equal((await deploy(address(), {}, { branch: 'no-login' })).exit, 1)
  } finally {
    await other.stop()
  }
})

for (const url of [
  'https://anna:12/34@git.invalid/lib.git',
  'https://anna:ab/34@git.invalid/lib.git',
  'https://anna:a@b/34@git.invalid/lib.git',
  'ssh://anna:ab34@git.invalid/lib.git',
]) {
  test(`a submodule's address with an ambiguous password is refused and not shown: ${url}`, async () => {
    const host = `git${process.pid}.invalid`
    withModule('unclear', url.replace('git.invalid', host))
    const stop = watch()
    const ran = await deploy(address(), {}, { branch: 'unclear' })
    const words = await stop()
    assert.equal(ran.exit, 1)
    assert.match(
      ran.failures[0]!.output.join('\n'),
      /the submodule lib has an address whose user and password cannot be told apart from the rest: write \/ in them as %2F/,
    )
    assert.ok(!words.includes(host))
    assert.doesNotMatch(JSON.stringify(ran.events), new RegExp(`34@git|ab34|${host}`))
  })
}

test('a fetch over git:// that exceeds its limit is reported with the limit to raise, and succeeds with it', async (t) => {
  const port = await freePort()
  const daemon = spawn('git', ['daemon', '--export-all', `--base-path=${served}`, '--listen=127.0.0.1', `--port=${port}`], {
    stdio: 'ignore',
  })
  let asked = 0
  // the first connection of each run asks for the branch; the second is slow
  const slow = createServer((client) => {
    const wait = ++asked % 2 === 1 ? 0 : 3000
    const upstream = connect({ port, host: '127.0.0.1' })
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.end())
    upstream.pipe(client)
    setTimeout(() => client.pipe(upstream), wait)
  })
  await new Promise<void>((resolve) => void slow.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    slow.close()
    daemon.kill()
  })
  for (let up = false; !up; await pause(20)) up = await answers(port)
  const url = `git://127.0.0.1:${(slow.address() as AddressInfo).port}/app.git`
  const ended = await deploy(url, { git: { transferTimeout: '1s' } })
  assert.equal(ended.exit, 1)
  const { task, host, reason, hint } = ended.failures[0]!
  assert.deepEqual([task, host], ['git:clone', 'a'])
  assert.match(reason, /timed out after 1/)
  const [, setting] =
    /^it was ended after 1\.0s, whether or not data was still arriving: .* --set git\.transferTimeout=(\S+);/.exec(hint!) ?? []
  assert.ok(hint!.endsWith(`on that host, try git ls-remote ${url}`), hint)
  asked = 0
  const again = await deploy(url, { git: { transferTimeout: setting! } })
  assert.deepEqual([again.exit, again.failures], [0, []])
})

test('a password in an ssh address is a config error', async () => {
  await assert.rejects(deploy('ssh://git:secret@example.com/app.git'), /ssh:\/\/ takes no password: use a key/)
})

for (const [how, url] of [
  ['http', () => `http://127.0.0.1:${silent.port}/app.git`],
  ['ssh', () => `ssh://git@127.0.0.1:${silent.port}/app.git`],
  ['git', () => `git://127.0.0.1:${silent.port}/app.git`],
] as const) {
  test(`a git server that accepts and never answers (${how}) is given up with a message, and the lock is free`, async () => {
    for (const branch of ['main', 'a'.repeat(40)]) {
      const ran = await deploy(url(), { git: { timeout: '2s' } }, { branch })
      assert.equal(ran.exit, 1)
      const { reason, hint, output } = ran.failures[0]!
      assert.match(hint ?? '', /the git server does not answer: on that host, try git ls-remote/, `${reason} ${output.join('\n')}`)
      assert.match(
        ran.events.flatMap((event) => (event.type === 'log' ? [event.message] : [])).join('\n'),
        new RegExp(`still waiting for the git server of ${how}://`),
      )
    }
    const next = await deploy(fleet.repo)
    assert.deepEqual([next.exit, next.failures], [0, []])
  })
}

test('a git server that stops answering during a fetch is given up', async () => {
  const stops = await startGitServer(served, undefined, /command=fetch/)
  try {
    const ran = await deploy(
      `http://127.0.0.1:${stops.port}/app.git`,
      { git: { timeout: '2s' } },
      { branch: git(served, '--git-dir', 'app.git', 'rev-parse', 'main') },
    )
    assert.equal(ran.exit, 1)
    assert.equal(ran.failures[0]!.task, 'git:clone')
    assert.match(ran.failures[0]!.hint ?? '', /the git server does not answer/)
    assert.ok(stops.requests.length > 0)
  } finally {
    await stops.stop()
  }
})

test('the redactor knows every form in which git could print a login', () => {
  const { text } = createRedactor()
  for (const form of FORMS) clear(text(`x ${form} y`), form)
})
