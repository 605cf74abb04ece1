import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeHosts, type HostEntry } from '../../src/inventory/hosts.ts'
import type { Host } from '../../src/inventory/types.ts'
import { needs, startSshd, type Sshd } from '../support/sshd.ts'

const hostOf = (entry: HostEntry): Host => makeHosts([entry]).hosts[0]!
const run = (words: readonly string[], input?: string): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const child = execFile(words[0]!, words.slice(1), (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
    child.stdin!.end(input)
  })

test('sshCommand has what the config sets, and not the host', () => {
  const host = hostOf({
    host: 'deploy@app.example.com:2222',
    ssh: { keys: ['/k/one key', '~/two'], configFile: '/c', hostKeys: 'accept-new' },
  })
  assert.deepEqual(host.sshCommand, [
    'ssh',
    '-F',
    '/c',
    '-o',
    'BatchMode=yes',
    '-o',
    'StrictHostKeyChecking=accept-new',
    '-i',
    '/k/one key',
    '-i',
    `${process.env['HOME']}/two`,
    '-p',
    '2222',
    '-l',
    'deploy',
  ])
  assert.deepEqual(hostOf({ host: 'app' }).sshCommand, ['ssh', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes'])
  assert.deepEqual(hostOf({ host: 'app', ssh: { proxyJump: 'none' } }).sshCommand.slice(-2), ['-o', 'ProxyJump=none'])
})

test('sshCommand of a host with two jump hosts goes through both, and escapes percent signs', () => {
  const { sshCommand } = hostOf({ host: 'app', ssh: { proxyJump: 'a@one:1,two', keys: ["/k it's"] } })
  const login = String.raw`ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -i /k\ it\'s`
  const inner = `ProxyCommand=${login} -p 1 -l a -W ${'\\[%h\\]:%p'} -- one`
  assert.equal(
    sshCommand.at(-1),
    `ProxyCommand=${login} -o ${inner.replaceAll(/[ '\\[\]]/g, '\\$&').replaceAll('%', '%%')} -W ${'\\[%h\\]:%p'} -- two`,
  )
})

test('sshCommand of a host that is this machine runs the command here', async () => {
  const host = hostOf({ host: 'localhost', ssh: { transport: 'local' } })
  assert.equal((await run([...host.sshCommand, host.address, 'echo', 'a  b', '"$((1 + 1))  $0"'])).stdout, 'a b 2  sh\n')
  assert.equal((await run([...host.sshCommand, host.address, 'exit 3'])).code, 3)
  assert.equal((await run([...host.sshCommand, host.address], 'echo input')).stdout, 'input\n')
})

describe('sshCommand with the ssh of this machine', { skip: needs('sshd', 'ssh', 'ssh-keygen') }, () => {
  let jump: Sshd
  let inner: Sshd
  /** a name with what shells, ssh and rsync read */
  let dir: string
  let knownHosts: string
  let configFile: string
  let key: string
  before(async () => {
    ;[jump, inner] = await Promise.all([startSshd(), startSshd()])
    dir = join(mkdtempSync(join(tmpdir(), 'shipit-ssh-')), "it's 100%d")
    mkdirSync(dir)
    knownHosts = join(jump.dir, 'both')
    writeFileSync(knownHosts, readFileSync(jump.knownHosts, 'utf8') + readFileSync(inner.knownHosts, 'utf8'))
    configFile = join(dir, 'config')
    writeFileSync(configFile, `UserKnownHostsFile ${knownHosts}\nGlobalKnownHostsFile /dev/null\nIdentityAgent none\nIdentityFile none\n`)
    key = join(dir, 'key')
    copyFileSync(inner.keyFile, key)
    chmodSync(key, 0o600)
  })
  after(async () => {
    await jump?.stop()
    await inner?.stop()
    if (dir) rmSync(join(dir, '..'), { recursive: true })
  })
  const target = (ssh: HostEntry['ssh'] & {}) => hostOf({ host: `${inner.user}@127.0.0.1:${inner.port}`, ssh: { configFile, ...ssh } })
  const answer = async (host: Host, command = 'echo "$SSH_CONNECTION"') => run([...host.sshCommand, host.address, command])
  const accepted = (sshd: Sshd) => sshd.log().split('Accepted publickey').length - 1

  test('logs in with the key, the port, the user and the known hosts of the config', async () => {
    const host = target({ keys: [key] })
    const { code, stdout, stderr } = await answer(host)
    assert.equal(code, 0, stderr)
    assert.match(stdout, new RegExp(`127\\.0\\.0\\.1 ${inner.port}\n$`))
    const without = await answer(target({}))
    assert.equal(without.code, 255)
    assert.match(without.stderr, /Permission denied/)
  })

  test('goes through the jump host of the config, with the same keys and known hosts', async () => {
    const both = await jump.newKey()
    const twice = join(dir, 'twice')
    copyFileSync(both, twice)
    chmodSync(twice, 0o600)
    const [before, behind] = [accepted(jump), accepted(inner)]
    const { code, stdout, stderr } = await answer(target({ keys: [twice, key], proxyJump: `${jump.user}@127.0.0.1:${jump.port}` }))
    assert.equal(code, 0, stderr)
    assert.match(stdout, new RegExp(`${inner.port}\n$`))
    assert.deepEqual([accepted(jump) - before, accepted(inner) - behind], [1, 1])
  })

  test('goes through two jump hosts', async () => {
    const both = await jump.newKey()
    const twice = join(dir, 'again')
    copyFileSync(both, twice)
    chmodSync(twice, 0o600)
    const [before, behind] = [accepted(jump), accepted(inner)]
    const [one, two] = [`${jump.user}@127.0.0.1:${jump.port}`, `${inner.user}@127.0.0.1:${inner.port}`]
    const host = hostOf({ host: one, ssh: { configFile, keys: [twice, key], proxyJump: `${one},${two}` } })
    const { code, stderr } = await answer(host)
    assert.equal(code, 0, stderr)
    assert.deepEqual([accepted(jump) - before, accepted(inner) - behind], [2, 1])
  })

  test('refuses a host key that is not known, asks nothing, and adds nothing', async () => {
    const empty = join(dir, 'none known')
    writeFileSync(empty, '')
    const other = join(dir, 'other')
    writeFileSync(other, `UserKnownHostsFile "${empty.replaceAll('%', '%%')}"\nGlobalKnownHostsFile /dev/null\nIdentityAgent none\n`)
    const strict = await answer(target({ keys: [key], configFile: other }))
    assert.equal(strict.code, 255)
    assert.match(strict.stderr, /Host key verification failed/)
    assert.equal((await answer(target({ keys: [key], configFile: other, hostKeys: 'no' }))).code, 0)
    assert.equal(readFileSync(empty, 'utf8'), '')
    assert.equal((await answer(target({ keys: [key], configFile: other, hostKeys: 'accept-new' }))).code, 0)
    assert.match(readFileSync(empty, 'utf8'), new RegExp(`\\[127\\.0\\.0\\.1\\]:${inner.port} `))
  })

  test('serves rsync as its -e', { skip: needs('rsync') }, async () => {
    const host = target({ keys: [key] })
    writeFileSync(join(dir, 'file'), 'text')
    // rsync reads quotes by rules of its own
    const words = host.sshCommand.map((word) => `'${word.replaceAll("'", "''")}'`).join(' ')
    const { code, stderr } = await run(['rsync', '-e', words, join(dir, 'file'), `${host.address}:${join(inner.dir, 'copied')}`])
    assert.equal(code, 0, stderr)
    assert.equal(readFileSync(join(inner.dir, 'copied'), 'utf8'), 'text')
  })
})
