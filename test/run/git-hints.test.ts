import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { gitHint } from '../../src/git/hints.ts'
import { path } from '../../src/values/path.ts'
import { needs, startSshd, type Sshd } from '../support/sshd.ts'
import { startGitServer } from '../support/gitserver.ts'
import { startFleet, type Fleet, type RunOptions } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
  writeFileSync(home('.gitconfig'), '')
})
after(() => fleet.stop())
beforeEach(() => {
  rmSync(fleet.on('a', '.'), { recursive: true, force: true })
  mkdirSync(fleet.on('a', '.'), { recursive: true })
})

const home = (file = '') => join(fleet.on('a', '..'), file)
const root = () => dirname(fleet.repo)
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.file.allow=always', ...args], {
    encoding: 'utf8',
    cwd: root(),
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
const deploy = (repoUrl: string = fleet.repo, o: RunOptions = {}) => fleet.run(['deploy'], { ...o, config: { repoUrl, ...o.config } })
const good = async (repoUrl?: string, o?: RunOptions) => {
  const ran = await deploy(repoUrl, o)
  assert.deepEqual([ran.exit, ran.failures], [0, []])
}
/** The hint of a failed deploy. */
const hint = async (repoUrl?: string, o?: RunOptions) => {
  const ran = await deploy(repoUrl, o)
  assert.equal(ran.exit, 1)
  const { hint: said, reason, output } = ran.failures[0]!
  assert.doesNotMatch(said ?? '', /deploy key.*forwardAgent.*\bfile:/)
  return said ?? `no hint: ${reason} ${output.join('\n')}`
}
/** Runs the command at the end of a hint as the host's account. */
const remedy = (said: string, command: RegExp) => {
  const [found] = command.exec(said) ?? []
  assert.ok(found, said)
  const ran = spawnSync('sh', ['-c', found], { encoding: 'utf8', env: { ...process.env, HOME: home() } })
  assert.equal(ran.status, 0, ran.stderr)
}
const bare = (name: string, ...words: string[]) => {
  const dir = join(root(), name)
  if (!existsSync(dir)) git('clone', '-q', '--bare', ...words, fleet.repo, dir)
  return dir
}

test('a path without a repository has a hint about the path, not about keys', async () => {
  for (const url of ['file:///srv/nope.git', '/srv/nope.git']) {
    assert.equal(
      await hint(url),
      `there is no repository at ${url} on this host, or this account may not read it: an address without a server is a path on that host`,
    )
    assert.match(await hint(url, { branch: 'a'.repeat(40) }), /there is no repository at/)
  }
})

test('a closed port has a hint about the port, over ssh, git and http', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  for (const scheme of ['ssh', 'git', 'http'])
    assert.match(
      await hint(`${scheme}://127.0.0.1:${port}/x.git`),
      /nothing listens at that address|cannot connect to that address/,
      scheme,
    )
})

test('a missing route and an unknown host name each have a hint', { skip: needs('root', 'unshare') }, () => {
  const said = (url: string) => {
    const env = { ...process.env, LC_ALL: 'C', HOME: home(), GIT_SSH_COMMAND: 'ssh -F none -o BatchMode=yes' }
    const ran = spawnSync('unshare', ['-n', 'git', 'ls-remote', url], { encoding: 'utf8', env })
    const stage = { git: { timeout: 1000 } as never, repoUrl: url }
    return gitHint({ stage })({ code: ran.status ?? undefined, stdout: ran.stdout, stderr: ran.stderr }) ?? ran.stderr
  }
  for (const scheme of ['ssh', 'git', 'http']) {
    assert.match(
      said(`${scheme}://10.1.2.3/x.git`),
      scheme === 'http' ? /cannot connect to that address/ : /no route to the git server/,
      scheme,
    )
    assert.match(
      said(`${scheme}://nope.invalid/x.git`),
      /cannot resolve the name of the git server: on that host, getent hosts nope\.invalid$/,
      scheme,
    )
  }
})

test('the remedy for a repository of another account works', { skip: needs('root') }, async () => {
  const dir = bare('dubious.git')
  execFileSync('chown', ['-R', '65534', dir])
  const said = await hint(`file://${dir}`)
  assert.match(said, /owned by another account/)
  remedy(said, /git config --global .*$/)
  await good(`file://${dir}`)
  writeFileSync(home('.gitconfig'), '')
})

test('a SHA-256 repository is deployed, and the remedy for a SHA-1 mirror works', async () => {
  const dir = join(root(), 'sha256')
  git('init', '-q', '-b', 'main', '--object-format=sha256', dir)
  git('-C', dir, 'commit', '-q', '--allow-empty', '-m', 'x')
  await good(dir)
  assert.match(readFileSync(fleet.on('a', 'current/REVISION'), 'utf8'), /^[0-9a-f]{64}\n$/)
  await good(dir, { branch: git('-C', dir, 'rev-parse', 'HEAD').slice(0, 9) })
  rmSync(fleet.on('a', '.'), { recursive: true })
  await good()
  const said = await hint(dir)
  assert.match(said, /another object format/)
  remedy(said.replaceAll('~', home()), /mv [^;]*/)
  await good(dir)
})

test('an empty repository and an unknown branch are reported', async () => {
  const dir = join(root(), 'empty.git')
  if (!existsSync(dir)) git('init', '-q', '--bare', dir)
  const empty = await deploy(dir)
  assert.match(empty.failures[0]!.reason, /has no branch or tag "main": it has none yet; push first/)
  const ran = await deploy(undefined, { branch: 'mian' })
  assert.match(ran.failures[0]!.reason, /no branch or tag "mian" \(did you mean "main"\?\)/)
})

test('the remedy for a damaged mirror works, whatever the damage', async () => {
  const objects = () =>
    execFileSync('find', [fleet.on('a', 'repo/objects'), '-type', 'f', '-name', '*.pack'], { encoding: 'utf8' })
      .trim()
      .split('\n')
  const ways: Readonly<Record<string, () => void>> = {
    'half a pack': () => {
      for (const pack of objects()) {
        chmodSync(pack, 0o644)
        writeFileSync(pack, readFileSync(pack).subarray(0, statSync(pack).size / 2))
      }
    },
    'an empty pack': () => objects().forEach((pack) => (chmodSync(pack, 0o644), writeFileSync(pack, ''))),
    'bits that flipped': () => {
      for (const pack of objects()) {
        chmodSync(pack, 0o644)
        const bytes = readFileSync(pack)
        for (let i = 12; i < bytes.length - 20; i++) bytes[i] = bytes[i]! ^ 0xff
        writeFileSync(pack, bytes)
      }
    },
  }
  for (const [way, damage] of Object.entries(ways)) {
    rmSync(fleet.on('a', 'repo'), { recursive: true, force: true })
    await good()
    git('--git-dir', fleet.on('a', 'repo'), 'repack', '-qad')
    damage()
    fleet.commit('index', way)
    const ran = await deploy()
    if (ran.exit === 0) continue
    assert.match(
      ran.failures[0]!.hint ?? '',
      /the mirror is damaged: on that host, mv ~\/srv\/repo ~\/srv\/repo\.damaged-\$\(date \+%s\); the next deploy makes it again/,
      way,
    )
    rmSync(fleet.on('a', 'repo'), { recursive: true })
    await good()
  }
})

test("the remedy for a stale lock in Capistrano's mirror works", async () => {
  git('clone', '-q', '--mirror', fleet.repo, fleet.on('a', 'repo'))
  await good()
  fleet.commit('index', 'locked')
  const lock = fleet.on('a', 'repo/refs/shipit/heads/main.lock')
  mkdirSync(dirname(lock), { recursive: true })
  writeFileSync(lock, '')
  const said = await hint()
  remedy(said, /rm -f .*main\.lock$/)
  assert.ok(!existsSync(lock))
  await good()
})

test("the remedy for a locked config works in Capistrano's mirror, and shipit's own mirror needs none", async () => {
  git('clone', '-q', '--mirror', `file://${fleet.repo}`, fleet.on('a', 'repo'))
  const lock = fleet.on('a', 'repo/config.lock')
  writeFileSync(lock, '')
  remedy((await hint()).replaceAll('~', home()), /rm -f .*config\.lock$/)
  await good()
  rmSync(fleet.on('a', 'repo'), { recursive: true })
  await good()
  writeFileSync(lock, '')
  await good(`file://${fleet.repo}`)
})

test('a shallow clone as the source is deployed, into a new mirror and into an old one', async () => {
  const dir = join(root(), 'shallow')
  git('clone', '-q', '--depth', '1', `file://${fleet.repo}`, dir)
  await good(dir)
  rmSync(fleet.on('a', '.'), { recursive: true })
  await good()
  fleet.commit('index', 'deep')
  fleet.commit('index', 'deeper')
  rmSync(dir, { recursive: true })
  git('clone', '-q', '--depth', '1', `file://${fleet.repo}`, dir)
  await good(dir)
  assert.equal(readFileSync(fleet.on('a', 'current/index'), 'utf8'), 'deeper')
  await good()
  fleet.commit('index', 'deepest')
  await good()
})

test('an unknown or forbidden transport of git has a hint', async () => {
  assert.match(await hint('foo://example.com/x'), /git on this host cannot speak foo/)
  assert.match(await hint('ext::true'), /may not use ext/)
})

test('a repository that an http server does not have is reported', async () => {
  const server = await startGitServer(root())
  try {
    assert.match(await hint(`http://127.0.0.1:${server.port}/nope.git`), /has no such repository, or does not show it to this host/)
  } finally {
    await server.stop()
  }
})

test('host keys, keys and missing repositories over ssh each have a hint', { skip: needs('sshd', 'ssh', 'ssh-keyscan') }, async (t) => {
  const server = await startSshd()
  t.after(() => server.stop())
  const url = (where: Sshd, dir = fleet.repo) => `ssh://${where.user}@127.0.0.1:${where.port}${dir}`
  // ssh ignores HOME and reads the account's files: this wrapper reads the host's
  const bin = join(root(), 'bin')
  mkdirSync(bin, { recursive: true })
  const ssh = (key: string) =>
    writeFileSync(
      join(bin, 'ssh'),
      `#!/bin/sh\nexec /usr/bin/ssh -F none -i ${key} -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile=${home('.ssh/known_hosts')} -o GlobalKnownHostsFile=/dev/null "$@"\n`,
      { mode: 0o755 },
    )
  const config = { env: { PATH: `${bin}:${process.env['PATH']}` } }
  ssh(server.keyFile)
  mkdirSync(home('.ssh'), { recursive: true })
  writeFileSync(home('.ssh/known_hosts'), '')
  const unknown = await hint(url(server), { config })
  assert.match(unknown, /does not know the git server's host key/)
  remedy(unknown, /ssh-keyscan -p \d+ 127\.0\.0\.1 >> ~\/\.ssh\/known_hosts/)
  await good(url(server), { config })

  assert.match(await hint(url(server, '/srv/nope.git'), { config }), /has no such repository, or does not show it to this host/)

  ssh(await server.newKey('ed25519', { authorized: false }))
  assert.match(await hint(url(server), { config }), /accepts no key of this host's account: give it a deploy key/)

  const { port } = server
  await server.stop()
  const other = await startSshd({ port })
  t.after(() => other.stop())
  ssh(other.keyFile)
  const changed = await hint(url(other), { config })
  assert.match(changed, /not the one that this host knows: find out why; then, on that host: ssh-keygen -R '\[127\.0\.0\.1\]:\d+'$/)
  execFileSync('ssh-keygen', ['-f', home('.ssh/known_hosts'), '-R', `[127.0.0.1]:${port}`], { stdio: 'ignore' })
  assert.match(await hint(url(other), { config }), /does not know the git server's host key/)
})

const GIT = { timeout: 60_000, hostKeys: 'yes', limit: 1, transferTimeout: 1, submodules: true, lfs: true } as const

/** Messages of real servers and full disks, which cannot be produced here. */
const WORDS: readonly (readonly [said: string, hint: RegExp])[] = [
  ['fatal: write error: No space left on device', /the disk of this host is full/],
  ['error: unable to write file: Disk quota exceeded', /the disk of this host is full/],
  ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', /has no such repository/],
  ["remote: Repository not found.\nfatal: repository 'https://github.com/x/y.git/' not found", /has no such repository/],
  ["remote: The project you were looking for could not be found or you don't have permission to view it.", /has no such repository/],
  ['git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.', /deploy key/],
  ["fatal: Authentication failed for 'https://example.com/x.git/'", /wants a user and a password/],
  ["fatal: could not read Username for 'https://github.com': terminal prompts disabled", /wants a user and a password/],
  ['remote: HTTP Basic: Access denied. The provided password or token is incorrect', /wants a user and a password/],
  ["fatal: unable to access 'https://example.com/x.git/': The requested URL returned error: 403", /wants a user and a password/],
  ["fatal: unable to access 'https://x/': SSL certificate problem: unable to get local issuer certificate", /ca-certificates/],
  ["fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none CRLfile: none", /ca-certificates/],
  ['ssh: connect to host example.com port 22: Connection timed out', /does not answer/],
  ['error: cannot run ssh: No such file or directory\nfatal: unable to fork', /openssh-client/],
  ['fatal: mismatched algorithms: client sha1; server sha256', /another object format/],
  ['error: insufficient permission for adding an object to repository database objects', /chown -R/],
  ['kex_exchange_identification: Connection closed by remote host', /ended the connection/],
  ['fatal: the remote end hung up unexpectedly', /ended the connection/],
  ['error: file ./objects/pack/pack-1.pack is far too short to be a packfile', /damaged/],
  ['fatal: loose object 1234567 (stored in x) is corrupt', /damaged/],
]
for (const [said, expected] of WORDS) {
  test(`git's message has its hint: ${said.split('\n')[0]}`, () => {
    const stage = {
      git: GIT,
      repoUrl: 'https://x/y',
    } as const
    assert.match(gitHint({ stage, repo: path('/srv/shop/repo') })({ code: 128, stdout: '', stderr: said }) ?? 'none', expected)
  })
}

test('the printed git ls-remote quotes the address for a shell', () => {
  const hint = (stderr: string) => gitHint({ stage: { git: GIT, repoUrl: 'https://h/a.git?x=1&y=2' } })({ code: 128, stdout: '', stderr })
  for (const said of ['Operation timed out', 'fatal: the remote end hung up unexpectedly'])
    assert.match(hint(said) ?? '', /on that host, try git ls-remote 'https:\/\/h\/a\.git\?x=1&y=2'; /)
  const ended = gitHint({ stage: { git: GIT, repoUrl: 'https://h/a.git?x=1&y=2' }, whole: 1000 })({
    code: undefined,
    stdout: '',
    stderr: '',
  })
  assert.match(ended ?? '', /on that host, try git ls-remote 'https:\/\/h\/a\.git\?x=1&y=2'$/)
})

test('an unknown object format is not attributed to a mirror if none was used', () => {
  const said = "fatal: unknown object format 'sha256' specified by server"
  const hint = gitHint({ stage: { git: GIT, repoUrl: '/r' } })({ code: 128, stdout: '', stderr: said })
  assert.match(hint ?? '', /git on this host cannot read/)
  assert.doesNotMatch(hint ?? '', /makes it again/)
})

test('an address with its path in place of a port, or the reverse, has a hint with the right form', () => {
  const hint = (repoUrl: string, stderr: string) => gitHint({ stage: { git: GIT, repoUrl } })({ code: 128, stdout: '', stderr }) ?? 'none'
  const resolve = 'ssh: Could not resolve hostname github.com:anna: Name or service not known'
  assert.match(
    hint('ssh://git@github.com:anna/shop.git', resolve),
    /^in an ssh:\/\/ address the path follows a slash: write ssh:\/\/git@github.com\/anna\/shop.git, or git@github.com:anna\/shop.git; else: /,
  )
  const refused = 'git@git.example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.'
  assert.match(
    hint('git@git.example.com:2222/shop.git', refused),
    /^an address like git@git.example.com:PATH has no port: if 2222 is one, write ssh:\/\/git@git.example.com:2222\/shop.git; else: .*deploy key/,
  )
  for (const url of ['git@github.com:anna/shop.git', 'ssh://git@github.com:2222/shop.git', 'ssh://git@[::1]:22/a/b', 'https://a:1/b'])
    assert.match(hint(url, refused), /^the git server accepts no key/)
  const missing = "git: 'remote-svn+ssh' is not a git command. See 'git --help'."
  assert.match(hint('svn+ssh://h/x', missing), /^git on this host cannot speak svn\+ssh/)
})

const UNKNOWN = 'Host key verification failed.\r\nfatal: Could not read from remote repository.'
for (const [repoUrl, said, command] of [
  ['git@git.example.com:app.git', UNKNOWN, 'ssh-keyscan git.example.com >>'],
  ['ssh://git@git.example.com:22/app.git', UNKNOWN, 'ssh-keyscan git.example.com >>'],
  ['ssh://git.example.com:2222/app.git', UNKNOWN, 'ssh-keyscan -p 2222 git.example.com >>'],
  ['git@[git.example.com:2222]:app.git', UNKNOWN, 'ssh-keyscan -p 2222 git.example.com >>'],
  ['[git.example.com:22]:app.git', UNKNOWN, 'ssh-keyscan git.example.com >>'],
  ['ssh://git@[fd00::1]:2222/app.git', UNKNOWN, 'ssh-keyscan -p 2222 fd00::1 >>'],
  ['ssh://git@[fd00::1]/app.git', UNKNOWN, 'ssh-keyscan fd00::1 >>'],
  ['git@[fd00::1]:app.git', UNKNOWN, 'ssh-keyscan fd00::1 >>'],
  // an alias of ssh_config: only ssh knows its host
  [
    'git@forge:app.git',
    `No ED25519 host key is known for [git.example.com]:2222 and you have requested strict checking.\r\n${UNKNOWN}`,
    'ssh-keyscan -p 2222 git.example.com >>',
  ],
  [
    'git@forge:app.git',
    'REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key for [git.example.com]:2222 has changed and you have requested strict checking.',
    "ssh-keygen -R '[git.example.com]:2222'",
  ],
  [
    'git@forge:app.git',
    'REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key for fd00::1 has changed and you have requested strict checking.',
    'ssh-keygen -R fd00::1',
  ],
] as const) {
  test(`the remedy for a host key names the git server of ${repoUrl}: ${command}`, () => {
    const hint = gitHint({ stage: { git: GIT, repoUrl } })({ code: 128, stdout: '', stderr: said }) ?? ''
    assert.ok(hint.includes(`on that host${command.startsWith('ssh-keygen') ? ':' : ','} ${command}`), hint)
  })
}

test('an address without a path has a hint with the right form', () => {
  const said = "fatal: no path specified; see 'git help pull' for valid url syntax"
  const hint = (repoUrl: string) => gitHint({ stage: { git: GIT, repoUrl } })({ code: 128, stdout: '', stderr: said })
  assert.match(hint('ssh://git@h:2222:team/app.git')!, /write ssh:\/\/git@h:2222\/team\/app\.git$/)
  assert.match(hint('ssh://git@h')!, /has no path to a repository: write it as ssh:\/\//)
})

test('the remedy names a mirror that this account may not write in', { skip: needs('root') }, () => {
  const dir = bare('shut.git')
  chownSync(dir, 0, 0)
  chmodSync(dir, 0o755)
  const ran = spawnSync('git', ['--git-dir', dir, 'fetch', fleet.repo, 'main'], {
    encoding: 'utf8',
    uid: 65_534,
    env: { ...process.env, HOME: '/nonexistent', LC_ALL: 'C' },
  })
  const stage = { git: { timeout: 1 } as never, repoUrl: fleet.repo }
  if (/FETCH_HEAD/.test(ran.stderr))
    assert.match(
      gitHint({ stage, repo: path(dir) })({ code: 1, stdout: '', stderr: ran.stderr }) ?? '',
      /chown -R "\$\(id -un\)" .*shut\.git/,
    )
})
