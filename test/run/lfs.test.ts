import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startSilentServer } from '../support/gitserver.ts'
import { startFleet, type Fleet, type RunOptions } from './support.ts'

const skip = needs('git', 'git-lfs')
const PICTURE = 'a big picture\n'.repeat(200)
const SHEBANG = `#!/bin/sh\n${'# big\n'.repeat(300)}`

let fleet: Fleet
let n = 0
before(async () => {
  if (skip === false) fleet = await startFleet(['a'])
})
after(() => fleet?.stop())
beforeEach(() => {
  n++
  if (skip === false) rmSync(fleet.on('a', '.'), { recursive: true, force: true })
})

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.file.allow=always', ...args], {
    encoding: 'utf8',
    cwd,
    env: { ...process.env, HOME: dirname(fleet.repo), GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()

/** A server's bare repository with files in Git LFS, and the checkout that it is pushed from. */
const repository = (name: string, files: Readonly<Record<string, string>>) => {
  const work = join(dirname(fleet.repo), `${name}-${n}`)
  const bare = `${work}.git`
  git(dirname(work), 'init', '-q', '--bare', '-b', 'main', bare)
  git(dirname(work), 'init', '-q', '-b', 'main', work)
  git(work, 'lfs', 'install', '--local')
  git(work, 'remote', 'add', 'origin', `file://${bare}`)
  const commit = (more: Readonly<Record<string, string>>) => {
    for (const [file, text] of Object.entries(more)) {
      mkdirSync(dirname(join(work, file)), { recursive: true })
      writeFileSync(join(work, file), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 })
    }
    git(work, 'add', '-A')
    git(work, 'commit', '-q', '--allow-empty', '-m', 'x')
  }
  commit({ '.gitattributes': '*.png filter=lfs diff=lfs merge=lfs -text\ntool filter=lfs diff=lfs merge=lfs -text\n', ...files })
  return { work, bare, url: `file://${bare}`, commit, push: () => git(work, 'push', '-q', 'origin', 'main') }
}
const deploy = (repoUrl: string, config: RunOptions['config'] = {}) => fleet.run(['deploy'], { config: { repoUrl, ...config } })
const good = async (repoUrl: string, config: RunOptions['config'] = {}) => {
  const ran = await deploy(repoUrl, config)
  assert.deepEqual([ran.exit, ran.failures], [0, []])
}
const live = (path: string) => readFileSync(fleet.on('a', `current/${path}`), 'utf8')
/** A PATH with all programs of this machine except git-lfs. */
const withoutLfs = () => {
  const dir = join(dirname(fleet.repo), `bin-${n}`)
  mkdirSync(dir)
  for (const folder of ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin'])
    for (const name of existsSync(folder) ? readdirSync(folder) : [])
      if (name !== 'git-lfs' && !existsSync(join(dir, name))) symlinkSync(join(folder, name), join(dir, name))
  return { env: { PATH: dir } }
}

test('Git LFS files are deployed with their contents and modes, in odd names and in a submodule', { skip }, async () => {
  const lib = repository('lib', { 'lib.png': `lib ${PICTURE}` })
  lib.push()
  const app = repository('app', { 'public/my picture ü.png': PICTURE, tool: SHEBANG, index: 'small' })
  git(app.work, 'submodule', '--quiet', 'add', lib.url, 'lib')
  app.commit({})
  app.push()
  await good(app.url)
  assert.deepEqual(['public/my picture ü.png', 'tool', 'lib/lib.png', 'index'].map(live), [PICTURE, SHEBANG, `lib ${PICTURE}`, 'small'])
  assert.equal(execFileSync('sh', ['-c', '[ -x "$1" ] && echo x', 'sh', fleet.on('a', 'current/tool')], { encoding: 'utf8' }), 'x\n')
  app.commit({ 'next.png': 'next' + PICTURE })
  app.push()
  await good(app.url)
  assert.equal(live('next.png'), 'next' + PICTURE)
})

test('the .lfsconfig of the deployed commit applies, whatever the default branch has', { skip }, async () => {
  const store = repository('store', {})
  const app = repository('app', { 'a.png': PICTURE })
  app.commit({ '.lfsconfig': `[lfs]\n\turl = ${store.url}\n\tfetchexclude = *.png\n` })
  app.push()
  git(app.work, 'push', '-q', 'origin', 'main:other')
  git(app.work, 'rm', '-q', '.lfsconfig')
  app.commit({})
  git(app.work, '-c', 'core.hooksPath=/dev/null', 'push', '-q', 'origin', 'main')
  rmSync(join(app.bare, 'lfs'), { recursive: true, force: true })
  await good(app.url, { branch: 'other' })
  assert.equal(live('a.png'), PICTURE)
})

test("an account-wide Git LFS filter, as Debian's package sets it, changes nothing", { skip }, async () => {
  const config = join(dirname(fleet.on('a', '.')), '.gitconfig')
  writeFileSync(
    config,
    '[filter "lfs"]\n\tclean = git-lfs clean -- %f\n\tsmudge = git-lfs smudge -- %f\n\tprocess = git-lfs filter-process\n\trequired = true\n',
  )
  try {
    const { url, push, commit, work } = repository('filter', { 'a.png': PICTURE })
    push()
    await good(url)
    assert.equal(live('a.png'), PICTURE)
    await good(url, { git: { lfs: false } })
    assert.match(live('a.png'), /^version https/)
    // a file that was never pushed is reported by its name, not by the filter's error
    commit({ 'b.png': `${PICTURE}b` })
    git(work, 'push', '-q', '--no-verify', 'origin', 'main')
    const ran = await deploy(url)
    assert.match(ran.failures[0]!.output.join('\n'), /b\.png is a Git LFS pointer, and /)
  } finally {
    rmSync(config)
  }
})

test('a host without git-lfs refuses a pointer before the switch, with its name and the remedy', { skip }, async () => {
  const app = repository('app', { 'public/a.png': PICTURE })
  app.push()
  const ran = await deploy(app.url, withoutLfs())
  assert.equal(ran.exit, 1)
  assert.equal(fleet.live('a'), undefined)
  assert.match(ran.failures[0]!.output.join('\n'), /public\/a\.png is a Git LFS pointer, and this host has no git-lfs/)
  assert.equal(ran.failures[0]!.hint, 'on that host: sudo apt-get install git-lfs')
  await good(app.url)
  assert.equal(live('public/a.png'), PICTURE)
})

test('a file that was never pushed to the LFS server is refused before the switch', { skip }, async () => {
  const app = repository('app', { 'a.png': PICTURE })
  git(app.work, '-c', 'core.hooksPath=/dev/null', 'push', '-q', 'origin', 'main')
  const ran = await deploy(app.url)
  assert.equal(ran.exit, 1)
  assert.equal(fleet.live('a'), undefined)
  assert.match(ran.failures[0]!.hint ?? '', /git lfs push --all origin/)
  git(app.work, 'lfs', 'push', '--all', 'origin')
  await good(app.url)
})

test('text that only resembles a pointer is left alone, and lfs: false deploys pointers', { skip }, async () => {
  const quoted = `see\nversion https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 3\nfor what a pointer is\n`
  const app = repository('app', { 'docs.md': quoted, 'a.png': PICTURE })
  app.push()
  await good(app.url)
  assert.equal(live('docs.md'), quoted)
  await good(app.url, { git: { lfs: false } })
  assert.match(live('a.png'), /^version https/)
})

/** The download side of Git LFS (its batch API), for one user and password. */
const startLfsServer = async (folder: string, login: string) => {
  const server = createServer((request, response) => {
    const object = /^\/o\/([0-9a-f]+)$/.exec(request.url!)?.[1]
    if (object !== undefined) return void response.end(readFileSync(join(folder, object.slice(0, 2), object.slice(2, 4), object)))
    if (request.headers.authorization !== `Basic ${Buffer.from(login).toString('base64')}`)
      return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="lfs"' }).end()
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const { objects } = JSON.parse(body) as { objects: { oid: string; size: number }[] }
      const href = (oid: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/o/${oid}`
      response.setHeader('Content-Type', 'application/vnd.git-lfs+json')
      response.end(
        JSON.stringify({ transfer: 'basic', objects: objects.map((one) => ({ ...one, actions: { download: { href: href(one.oid) } } })) }),
      )
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { port: (server.address() as AddressInfo).port, stop: () => new Promise((done) => server.close(done)) }
}

test('an LFS server that never answers is given up after git.timeout', { skip }, async (t) => {
  const silent = await startSilentServer()
  t.after(() => silent.stop())
  const app = repository('silent', { 'a.png': PICTURE })
  git(app.work, 'config', '-f', '.lfsconfig', 'lfs.url', `http://127.0.0.1:${silent.port}/lfs`)
  app.commit({})
  git(app.work, 'push', '-q', '--no-verify', 'origin', 'main')
  const ran = await deploy(app.url, { git: { timeout: '2s' } })
  assert.equal(ran.exit, 1)
  assert.equal(ran.failures[0]!.task, 'git:create_release')
  assert.match(
    ran.failures[0]!.hint!,
    /^the LFS server does not answer: its address is that of \.lfsconfig, or else repoUrl; a limit above 2\.0s/,
  )
})

test('a password in .lfsconfig is in no process list and no output', { skip }, async () => {
  const app = repository('login', { 'a.png': PICTURE })
  app.push()
  const server = await startLfsServer(join(app.work, '.git/lfs/objects'), 'anna:p@ss/w%rd')
  const words = new Set<string>()
  const timer = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      try {
        words.add(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '))
      } catch {
        // gone already
      }
  }, 4)
  try {
    // only that server has the pointer's file
    app.commit({ '.lfsconfig': `[lfs]\n\turl = http://anna:p%40ss%2Fw%25rd@127.0.0.1:${server.port}/lfs\n` })
    git(app.work, '-c', 'core.hooksPath=/dev/null', 'push', '-q', 'origin', 'main')
    rmSync(join(app.bare, 'lfs'), { recursive: true, force: true })
    const ran = await deploy(app.url)
    assert.deepEqual([ran.exit, ran.failures], [0, []])
    assert.equal(live('a.png'), PICTURE)
    assert.match([...words].join('\n'), /lfs\.url=http:\/\/127\.0\.0\.1/)
    for (const text of [[...words].join('\n'), JSON.stringify(ran.events)]) assert.doesNotMatch(text, /p%40ss|p@ss/)
    app.commit({ '.lfsconfig': `[lfs]\n\turl = http://anna:12/34@127.0.0.1:${server.port}/lfs\n` })
    git(app.work, '-c', 'core.hooksPath=/dev/null', 'push', '-q', 'origin', 'main')
    const refused = await deploy(app.url)
    assert.match(refused.failures[0]!.output.join('\n'), /\.lfsconfig has an address whose user and password cannot be told apart/)
    assert.doesNotMatch(JSON.stringify(refused.events), /12\/34/)
  } finally {
    clearInterval(timer)
    await server.stop()
  }
})
