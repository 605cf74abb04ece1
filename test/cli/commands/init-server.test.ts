import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { needs } from '../../support/needs.ts'
import { startSshd, type Sshd } from '../../support/sshd.ts'
import { place, type Place } from '../support/place.ts'
import { terminals } from '../support/terminal.ts'

const skip = needs('git', 'sshd', 'ssh', 'ssh-keygen')
const terminal = terminals()
const RELEASE = '20260101000001'
const COMMIT = 'a'.repeat(40)

let server: Sshd
let home: Place
before(async () => {
  if (skip) return
  home = place()
  server = await startSshd({ config: [`SetEnv SHLVL=2 HOME=${home.home}`] })
})
after(async () => {
  await server?.stop()
  home?.remove()
})
const made: Place[] = []
afterEach(() => made.splice(0).forEach((one) => one.remove()))

/** Files of an application below the home of the server's account, as Capistrano leaves them: each path in `linked` is a link into shared. */
const deployed = (dir: string, repo: string, linked: Readonly<Record<string, 'file' | 'dir'>> = {}): string => {
  const at = join(home.home, dir)
  const live = join(at, 'releases', RELEASE)
  mkdirSync(live, { recursive: true })
  execFileSync('git', ['init', '-q', '--bare', join(at, 'repo')])
  execFileSync('git', ['--git-dir', join(at, 'repo'), 'remote', 'add', '--mirror=fetch', 'origin', repo])
  writeFileSync(join(live, 'REVISION'), `${COMMIT}\n`)
  writeFileSync(join(at, 'revisions.log'), `Branch release (at ${COMMIT}) deployed as release ${RELEASE} by anna\n`)
  for (const [path, kind] of Object.entries(linked)) {
    const shared = join(at, 'shared', path)
    mkdirSync(kind === 'dir' ? shared : dirname(shared), { recursive: true })
    if (kind === 'file') writeFileSync(shared, '')
    mkdirSync(dirname(join(live, path)), { recursive: true })
    symlinkSync(shared, join(live, path))
  }
  symlinkSync(live, join(at, 'current'))
  return at
}

/** An empty project whose ssh knows the server. `remote`: of its git repository; undefined: it has none. */
const project = (remote: string | undefined, knows = true, key = server.keyFile): Place => {
  const one = place()
  made.push(one)
  if (remote !== undefined) {
    execFileSync('git', ['-C', one.dir, 'init', '-q', '-b', 'trunk'])
    execFileSync('git', ['-C', one.dir, 'remote', 'add', 'origin', remote])
  }
  mkdirSync(join(one.home, '.ssh'), { mode: 0o700 })
  const text = readFileSync(server.configFile, 'utf8').replace(server.keyFile, key)
  writeFileSync(join(one.home, '.ssh/config'), knows ? text : text.replace(server.knownHosts, '/dev/null'), { mode: 0o600 })
  return one
}
const address = (): string => `${server.user}@127.0.0.1:${server.port}`
const init = (one: Place, ...words: string[]) => one.shipit(['init', '--yes', '--server', address(), ...words])

test('init takes the folder whose mirror is of the same repository, and what its live release links to', { skip }, async () => {
  const shop = deployed('one/shop-app', 'git@git.example.com:acme/shop.git', { 'config/master.key': 'file', 'tmp/pids': 'dir' })
  deployed('one/blog', 'git@git.example.com:acme/blog.git', { log: 'dir' })
  const one = project('https://git.example.com/acme/shop')
  const ran = await init(one)
  assert.equal(ran.code, 0, ran.stderr)
  const text = one.read('deploy.config.ts')
  assert.ok(text.includes(`deployTo: '${shop}',`), text)
  assert.match(text, /branch: 'trunk'/)
  assert.match(text, /linkedFiles: \['config\/master\.key'\]/)
  assert.match(text, /linkedDirs: \['tmp\/pids'\]/)
  assert.ok(ran.stderr.includes(`found on 127.0.0.1:${server.port}, in ${shop}:`), ran.stderr)
  assert.match(ran.stderr, /live +20260101000001, commit aaaaaaa\n/)
})

test('init in a folder without a repository takes that of the server, without its token, and its branch', { skip }, async () => {
  const shop = deployed('two/inner/only', 'https://me:pw-secret@git.example.com/only.git?private_token=abc-secret')
  const one = project(undefined)
  // other tests have left applications there, too: the name decides
  one.write({ 'only/x': '' })
  const ran = await one.shipit(['init', '--yes', '--server', address()], { cwd: 'only' })
  assert.equal(ran.code, 0, ran.stderr)
  const text = one.read('only/deploy.config.ts')
  assert.ok(text.includes(`deployTo: '${shop}',`), text)
  assert.match(text, /repoUrl: 'https:\/\/git\.example\.com\/only\.git'/)
  assert.match(text, /branch: 'release'/)
  assert.match(ran.stdout, /the repository on .* has a login/)
  assert.match(ran.stdout, /the repository on .* has something after "\?"/)
  assert.doesNotMatch(text + ran.stdout + ran.stderr, /secret/)
})

test('init takes the application and the stage that the records of shipit name', { skip }, async () => {
  const at = deployed('owned/www', 'git@git.example.com:acme/owned.git')
  mkdirSync(join(at, '.shipit/releases'), { recursive: true })
  writeFileSync(
    join(at, '.shipit/releases', RELEASE),
    `good\nrevision ${COMMIT}\nbranch main\napplication storefront\nstage staging\nby anna\nat 2026-01-01T00:00:00Z\n`,
  )
  const one = project('git@git.example.com:acme/owned.git')
  const ran = await init(one)
  assert.equal(ran.code, 0, ran.stderr)
  const text = one.read('deploy.config.ts')
  assert.match(text, /application: 'storefront',/)
  assert.match(text, /stages: \{\n {4}staging: \{/)
  assert.match(ran.stderr, /deployed as +storefront staging\n/)
  assert.match(ran.stdout, /next: shipit staging doctor\n/)

  const other = project('git@git.example.com:acme/owned.git')
  const said = await init(other, '--stage', 'production')
  assert.match(other.read('deploy.config.ts'), /stages: \{\n {4}production: \{/)
  assert.match(
    said.stdout.replace(/\n {2}/g, ' '),
    /owned\/www belongs to storefront staging until now, and the config says storefront production/,
  )
})

test('init does not guess which of several applications is meant', { skip }, async () => {
  const [a, b] = [deployed('three/a', 'git@git.example.com:x/a.git'), deployed('three/b', 'git@git.example.com:x/b.git')]
  const one = project('git@git.example.com:acme/other.git')
  const ran = await init(one)
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(one.read('deploy.config.ts'), /deployTo: '\/var\/www\//)
  const said = ran.stdout.replace(/\n {2}/g, ' ')
  assert.ok(said.includes(a) && said.includes(b) && /put one of these there, if it is this one/.test(said), ran.stdout)
  assert.ok(ran.stderr.includes(`found ${a} on 127.0.0.1:${server.port}, of git@git.example.com:x/a.git`), ran.stderr)
})

test('init refuses a server whose host key is not known, and works on without it', { skip }, async () => {
  const one = project('git@git.example.com:acme/shop.git', false)
  const ran = await init(one)
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(ran.stderr, /host key/)
  assert.match(ran.stderr, /⚠ 127\.0\.0\.1:\d+ was not read: the config does not have what is there/)
  assert.ok(one.read('deploy.config.ts').includes(`servers: ['${address()}']`))
})

test('init --yes asks for no passphrase, also at a terminal', { skip: skip || needs('tmux') }, async () => {
  const one = project('git@git.example.com:acme/shop.git', true, await server.newKey('ed25519', { passphrase: 'a passphrase' }))
  const screen = terminal('passphrase', one.words('init', '--yes', '--server', address()), { cwd: one.dir, env: { HOME: one.home } })
  await screen.until(/^exit 0$/m)
  assert.doesNotMatch(screen.history(), /Passphrase for/)
  assert.match(screen.history(), /was not read/)
  assert.ok(existsSync(join(one.dir, 'deploy.config.ts')))
})

test('init at a terminal shows what it found on the server, and Enter takes it', { skip: skip || needs('tmux') }, async () => {
  const shop = deployed('four/shop', 'git@git.example.com:acme/four.git', { '.env': 'file', log: 'dir', 'tmp/pids': 'dir' })
  const one = project('git@git.example.com:acme/four.git')
  const screen = terminal('found', one.words('init', '--server', address()), { cwd: one.dir, env: { HOME: one.home }, rows: 50 })
  await screen.until(/Servers of production, user@host \[.*\]:$/s)
  for (const question of [/Application \[.*\]:$/, /Repository \[.*\]:$/, /Branch \[trunk\]:$/, /Directory on the servers \[.*\]:$/s]) {
    screen.keys('Enter')
    await screen.until(question)
  }
  screen.keys('Enter')
  await screen.until(/linked files +\.env\n.*Linked files \(-: none\) \[\.env\]:$/s)
  screen.type('../x')
  screen.keys('Enter')
  await screen.until(/\n {2}\S.*\nLinked files \(-: none\) \[\.env\]:$/s)
  screen.type('-')
  screen.keys('Enter')
  await screen.until(/Linked dirs \(-: none\) \[log, tmp\/pids\]:$/)
  screen.type('log, public/up')
  screen.keys('Enter')
  await screen.until(/^exit 0$/m)
  const text = one.read('deploy.config.ts')
  assert.ok(text.includes(`deployTo: '${shop}',`), text)
  assert.doesNotMatch(text, /linkedFiles/)
  assert.match(text, /linkedDirs: \['log', 'public\/up'\]/)
})

test('Ctrl-C while init looks at a server writes nothing', { skip: skip || needs('tmux') }, async () => {
  const silent: Server = createServer(() => {}).listen(0, '127.0.0.1')
  try {
    await new Promise((resolve) => silent.once('listening', resolve))
    const one = project('git@git.example.com:acme/shop.git')
    const connected = new Promise((resolve) => silent.once('connection', resolve))
    const words = one.words('init', '--yes', '--server', `127.0.0.1:${(silent.address() as AddressInfo).port}`)
    const screen = terminal('silent', words, { cwd: one.dir, env: { HOME: one.home } })
    await connected
    screen.keys('C-c')
    await screen.until(/nothing was written\s+exit 130/)
    assert.ok(!existsSync(join(one.dir, 'deploy.config.ts')))
  } finally {
    silent.close()
  }
})
