import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { configText, place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen')
let target: Sshd
let gate: Sshd
let project: Place
before(async () => {
  if (skip) return
  ;[target, gate] = await Promise.all([startSshd(), startSshd()])
})
after(() => Promise.all([target?.stop(), gate?.stop()]))

const terminal = terminals()
const user = userInfo().username

/** A project whose one stage has these servers; `known` is its known_hosts. */
const make = (servers: string, o: { known?: string; ssh?: string; config?: string } = {}): Place => {
  project = place()
  project.write({
    known_hosts: o.known ?? readFileSync(target.knownHosts, 'utf8') + readFileSync(gate.knownHosts, 'utf8'),
    ssh_config: `UserKnownHostsFile ${join(project.dir, 'known_hosts')}\nGlobalKnownHostsFile /dev/null\nIdentityAgent none\nUser ${user}\n${
      o.config ?? `IdentityFile ${target.keyFile}\nIdentityFile ${gate.keyFile}\nIdentitiesOnly yes\n`
    }`,
    'deploy.config.ts': configText(`
  ssh: { configFile: './ssh_config', ${o.ssh ?? ''} },
  tasks: { hello: { steps: () => [sh\`echo "hello from $(id -un)"\`] } },
  stages: { test: { servers: ${servers} } },`),
  })
  return project
}
const logins = (server: Sshd): number => server.log().match(/Accepted publickey/g)?.length ?? 0
const unknown = ({ port }: Sshd): RegExp => new RegExp(`the host key of 127\\.0\\.0\\.1:${port} is not known: it shows ED25519 SHA256:`)
const hello = (p: Place, ...args: string[]) => p.shipit(['test', 'hello', '--no-log', ...args])

test('accept-new adds the host keys of a host and of its jump host, and both are checked', { skip }, async (t) => {
  const p = make(`['127.0.0.1:${target.port}']`, { ssh: `proxyJump: '${user}@127.0.0.1:${gate.port}'`, known: '' })
  t.after(p.remove)
  const before = [logins(gate), logins(target)]
  const known = () => readFileSync(join(p.dir, 'known_hosts'), 'utf8')

  const first = await hello(p)
  assert.equal(first.code, 3, first.stdout)
  assert.match(first.stdout, unknown(gate))

  p.write({ known_hosts: readFileSync(gate.knownHosts, 'utf8') })
  const second = await hello(p)
  assert.equal(second.code, 3, second.stdout)
  assert.match(second.stdout, unknown(target))
  assert.equal(logins(target), before[1])

  p.write({ known_hosts: '' })
  const both = await hello(p, '--set', 'ssh.hostKeys=accept-new')
  assert.equal(both.code, 0, both.stdout + both.stderr)
  assert.match(both.stdout, new RegExp(`hello from ${user}`))
  for (const { port } of [gate, target]) assert.ok(known().includes(`[127.0.0.1]:${port} `), known())
  assert.ok(logins(gate) > before[0]! && logins(target) > before[1]!)

  assert.equal((await hello(p)).code, 0)
  p.write({
    known_hosts:
      readFileSync(target.knownHosts, 'utf8') + readFileSync(target.knownHosts, 'utf8').replaceAll(String(target.port), String(gate.port)),
  })
  const changed = await hello(p, '--set', 'ssh.hostKeys=accept-new')
  assert.equal(changed.code, 3, changed.stdout)
  assert.match(changed.stdout, new RegExp(`the host key of 127\\.0\\.0\\.1:${gate.port} has changed`))
})

test('a Host alias of ~/.ssh/config can be a server', { skip: skip || needs('root', 'unshare', 'mount') }, async (t) => {
  const p = make(`['shop-alias', '${user}@shop-alias-2']`)
  t.after(p.remove)
  p.write({
    'deploy.config.ts': p.read('deploy.config.ts').replace("configFile: './ssh_config', ", ''),
    'home/.ssh/config': `Host shop-alias*\n  HostName 127.0.0.1\n  Port ${target.port}\n  User ${user}\n  IdentityFile ${target.keyFile}\n  IdentityAgent none\n`,
    'home/.ssh/known_hosts': p.read('known_hosts'),
    // ssh reads the home from the list of accounts, not from HOME
    passwd: readFileSync('/etc/passwd', 'utf8').replace(new RegExp(`^(${user}:[^:]*:\\d+:\\d+:[^:]*:)[^:]*`, 'm'), `$1${p.home}`),
  })
  const under = ['unshare', '-m', 'sh', '-ec', 'mount --bind "$1" /etc/passwd; shift; exec "$@"', 'sh', join(p.dir, 'passwd')]
  const ran = await p.shipit(['test', 'hello', '--no-log'], { under })
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  for (const name of ['shop-alias', 'shop-alias-2']) assert.match(ran.stdout, new RegExp(`^${name} .*hello from ${user}$`, 'm'))
  assert.equal((await p.shipit(['test', 'hello', '--no-log', '--hosts', 'shop-alias-2'], { under })).code, 0)
})

test('a host that closes the connection twice is retried, and each attempt is reported', { skip }, async (t) => {
  let calls = 0
  const flaky = createServer((socket) => {
    socket.on('error', () => {})
    if (++calls <= 2) return void socket.destroy()
    const through = connect(target.port, '127.0.0.1')
    through.on('error', () => socket.destroy())
    socket.pipe(through).pipe(socket)
  })
  await new Promise<void>((done) => flaky.listen(0, '127.0.0.1', done))
  t.after(() => flaky.close())
  const { port } = flaky.address() as AddressInfo
  const p = make(`['127.0.0.1:${port}']`, { known: readFileSync(target.knownHosts, 'utf8').replaceAll(String(target.port), String(port)) })
  t.after(p.remove)
  const ran = await hello(p)
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  assert.match(ran.stdout, /connecting again, attempt 2[^]*connecting again, attempt 3/)
  assert.equal(calls, 3)
})

test('an option that the transport does not support is an error that names it, exit 3', { skip }, async (t) => {
  const p = make(`['127.0.0.1:${target.port}']`, { config: `IdentityFile ${target.keyFile}\nProxyCommand nc %h %p\n` })
  t.after(p.remove)
  const proxied = await hello(p)
  assert.equal(proxied.code, 3, proxied.stdout)
  assert.match(proxied.stdout, /ProxyCommand/)
  assert.match(proxied.stdout, /ProxyJump/)
})

test(
  'a passphrase is asked for once, below a tree that is being drawn, never shown, and unlocks both hosts',
  { skip: skip || needs('tmux') },
  async (t) => {
    const keyFile = await target.newKey('ed25519', { passphrase: 'open sesame' })
    writeFileSync(join(gate.dir, 'authorized_keys'), readFileSync(`${keyFile}.pub`), { flag: 'a' })
    const p = make(`['127.0.0.1:${target.port}', '127.0.0.1:${gate.port}']`, { config: `IdentityFile ${keyFile}\nIdentitiesOnly yes\n` })
    t.after(p.remove)
    const screen = terminal('passphrase', p.words('test', 'hello', '--no-log'), { cwd: p.dir, env: { HOME: p.home } })
    await screen.until(/\nPassphrase for .*:\n. connect 2 hosts[^]*connecting {2}[1-9]\.\ds/)
    screen.type('open sesame')
    screen.keys('Enter')
    const end = await screen.until(/^exit \d+$/m)
    assert.match(end, /exit 0/)
    assert.match(end, /✔ .*2 hosts/)
    const all = screen.history()
    assert.equal(all.match(/Passphrase for/g)?.length, 1, all)
    assert.ok(!all.includes('sesame'), all)
  },
)

test('Ctrl-C at the passphrase prompt exits 130', { skip: skip || needs('tmux') }, async (t) => {
  const keyFile = await target.newKey('ed25519', { passphrase: 'open sesame' })
  const p = make(`['127.0.0.1:${target.port}']`, { config: `IdentityFile ${keyFile}\nIdentitiesOnly yes\n` })
  t.after(p.remove)
  const screen = terminal('ctrl-c', p.words('test', 'hello', '--no-log'), { cwd: p.dir, env: { HOME: p.home } })
  await screen.until(/Passphrase for .*:/)
  screen.keys('C-c')
  assert.match(await screen.until(/^exit \d+$/m), /exit 130/)
})

test('a missing passphrase without a terminal is an error that names the key', { skip }, async (t) => {
  const keyFile = await target.newKey('ed25519', { passphrase: 'open sesame' })
  const p = make(`['127.0.0.1:${target.port}']`, { config: `IdentityFile ${keyFile}\nIdentitiesOnly yes\n` })
  t.after(p.remove)
  const ran = await hello(p)
  assert.equal(ran.code, 3, ran.stdout)
  assert.ok(ran.stdout.includes(keyFile), ran.stdout)
  assert.match(ran.stdout, /passphrase/)
})
