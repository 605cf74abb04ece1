import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync, chmodSync, readFileSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { ShipitError } from '../../../src/values/errors.ts'
import { parseSshG, sshConfig } from '../../../src/transport/ssh-config/lookup.ts'
import { settingsFrom } from '../../../src/transport/ssh-config/settings.ts'
import { needs } from '../../support/needs.ts'

const dir = mkdtempSync(join(tmpdir(), 'shipit-sshconfig-'))
after(() => rmSync(dir, { recursive: true }))
const write = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
const query = (alias: string, configFile?: string) => ({ alias, user: undefined, port: undefined, configFile, host: alias })

test('ssh resolves the alias with names, Match, Include and tokens', { skip: needs('ssh') }, async () => {
  write('included', 'Host web\n  HostName web1.example.com\n  Port 2201\n')
  const file = write(
    'config',
    [
      `Include ${join(dir, 'included')}`,
      'Match host web1.example.com exec "true"',
      '  User deploy',
      'Host web',
      '  IdentityFile ~/.ssh/%r_%h',
      '  IdentitiesOnly yes',
      '  IdentityAgent none',
      '  ProxyJump hop@bastion:2222',
      `  UserKnownHostsFile ${dir}/one ${dir}/two`,
      '  GlobalKnownHostsFile none',
      '  HostKeyAlias web-alias',
      '  StrictHostKeyChecking accept-new',
      '  HashKnownHosts yes',
      '  ConnectTimeout 7',
      '  AddressFamily inet',
    ].join('\n'),
  )
  const found = await sshConfig()(query('web', file))
  assert.deepEqual(
    { ...found },
    {
      hostname: 'web1.example.com',
      port: 2201,
      user: 'deploy',
      identityFiles: [join(homedir(), '.ssh/deploy_web1.example.com')],
      identitiesNamed: true,
      identitiesOnly: true,
      agent: undefined,
      certificateFiles: [],
      proxyJump: 'hop@bastion:2222',
      proxyCommand: undefined,
      userKnownHosts: [`${dir}/one`, `${dir}/two`],
      globalKnownHosts: [],
      revokedHostKeys: [],
      checkHostIp: false,
      hostKeyAlias: 'web-alias',
      strictHostKeyChecking: 'accept-new',
      hashKnownHosts: true,
      connectTimeout: 7000,
      family: 4,
      bindAddress: undefined,
    },
  )
})

test("shipit's user and port win over ssh_config", { skip: needs('ssh') }, async () => {
  const file = write('own', 'Host *\n  User nobody\n  Port 99\n')
  const found = await sshConfig()({ ...query('web', file), user: 'deploy', port: 2222 })
  assert.deepEqual([found.user, found.port, found.hostname], ['deploy', 2222, 'web'])
})

test("configFile 'none' reads no configuration, and the default keys do not count as named", { skip: needs('ssh') }, async () => {
  const found = await sshConfig()(query('web', 'none'))
  assert.deepEqual([found.hostname, found.port, found.user], ['web', 22, userInfo().username])
  assert.equal(found.identitiesNamed, false)
  assert.ok(found.identityFiles.includes(join(homedir(), '.ssh/id_ed25519')))
})

test('defaults of ssh_config apply if ssh is not installed', async () => {
  const found = await sshConfig({ program: join(dir, 'no-such-ssh') })({ ...query('web'), user: 'deploy', port: 2222 })
  assert.deepEqual([found.hostname, found.port, found.user, found.identitiesNamed], ['web', 2222, 'deploy', false])
  assert.deepEqual(found.userKnownHosts, [join(homedir(), '.ssh/known_hosts'), join(homedir(), '.ssh/known_hosts2')])
})

test('a configuration that ssh rejects is an error with the reason', { skip: needs('ssh') }, async () => {
  const file = write('broken', 'Host web\n  Prot 22\n')
  await assert.rejects(sshConfig()(query('web', file)), (error) => {
    assert.ok(error instanceof ShipitError)
    assert.equal(error.exit, 3)
    assert.equal(error.host, 'web')
    assert.match(error.message, /line 2.*prot/i)
    return true
  })
})

test('a host name that begins with a dash is not read as an option of ssh', { skip: needs('ssh') }, async () => {
  const mark = join(dir, 'pwned')
  await assert.rejects(sshConfig()(query(`-oProxyCommand=touch ${mark}`)), ShipitError)
  assert.throws(() => readFileSync(mark))
})

test('ssh is run once for each distinct query', async () => {
  const log = join(dir, 'calls')
  const program = write('fake-ssh', `#!/bin/sh\necho "$*" >> ${log}\necho hostname fake\n`)
  chmodSync(program, 0o755)
  const config = sshConfig({ program })
  const answers = await Promise.all([config(query('a')), config(query('a')), config(query('b')), config({ ...query('a'), port: 2 })])
  assert.ok(answers.every((answer) => answer.hostname === 'fake'))
  assert.equal(readFileSync(log, 'utf8').trim().split('\n').length, 3)
})

/** The real ssh, with a count of its runs. */
const counted = () => {
  const log = join(mkdtempSync(join(dir, 'calls-')), 'log')
  writeFileSync(log, '')
  const program = write('counting-ssh', `#!/bin/sh\necho x >> "$SHIPIT_TEST_CALLS"\nexec ssh "$@"\n`)
  chmodSync(program, 0o755)
  process.env['SHIPIT_TEST_CALLS'] = log
  return { config: sshConfig({ program }), calls: () => readFileSync(log, 'utf8').length / 2 }
}
const ask = (config: ReturnType<typeof sshConfig>, file: string, aliases: readonly string[]) =>
  Promise.all(aliases.map((alias) => config({ ...query(alias, file), user: 'deploy' })))

test('hosts that ssh_config treats alike share one run of ssh, and each result has its own name', { skip: needs('ssh') }, async () => {
  const { config, calls } = counted()
  const file = write(
    'shared',
    'Host db*\n  Port 2200\nHost web1 !web2\n  Port 2201\nHost *\n  ControlPath ~/%h\n  IdentityFile ~/.ssh/%r\n',
  )
  const aliases = ['web1', 'web2', 'web3', '10.0.0.1', 'db1', 'db2', 'db3', 'web4']
  const found = await ask(config, file, aliases)
  assert.deepEqual(
    found.map(({ hostname, port }) => `${hostname}:${port}`),
    ['web1:2201', 'web2:22', 'web3:22', '10.0.0.1:22', 'db1:2200', 'db2:2200', 'db3:2200', 'web4:22'],
  )
  const one = await Promise.all(aliases.map((alias) => sshConfig()({ ...query(alias, file), user: 'deploy' })))
  assert.deepEqual(found, one)
  assert.equal(calls(), 3)
})

for (const [what, text] of [
  ['Match', 'Match host web2\n  Port 2202\n'],
  ['a token of the name in a path', 'Host *\n  UserKnownHostsFile ~/known/%n\n'],
  ['a name made from the name', 'Host *\n  HostName %h.example.com\n'],
  ['quotes', 'Host "web2"\n  Port 2202\n'],
  ['a file that only some hosts include', `Include "${dir}/%h"\nHost *\n`],
  ['names made canonical', 'CanonicalizeHostname always\nCanonicalDomains example.invalid\n'],
] as const)
  test(`ssh runs for every host if ssh_config has ${what}`, { skip: needs('ssh') }, async () => {
    const file = write(`own-${what.replaceAll(' ', '-')}`, text)
    const { config, calls } = counted()
    const aliases = ['web1', 'web2', 'web3']
    const found = await Promise.allSettled(aliases.map((alias) => config(query(alias, file))))
    assert.deepEqual(found, await Promise.allSettled(aliases.map((alias) => sshConfig()(query(alias, file)))))
    assert.ok(calls() >= 3)
  })

test('any output of ssh -G is read without an error, and gives a valid port', () => {
  const key = fc.constantFrom(
    'port',
    'hostname',
    'user',
    'identityfile',
    'userknownhostsfile',
    'identityagent',
    'connecttimeout',
    'proxyjump',
    'x',
  )
  const lines = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(key, fc.string()).map(([k, v]) => `${k} ${v}`),
    ),
  )
  fc.assert(
    fc.property(lines, (text) => {
      const found = settingsFrom(parseSshG(text.join('\n')), query('web'))
      assert.ok(Number.isInteger(found.port) && found.port > 0 && found.port < 65_536)
      assert.ok(found.hostname !== '' && found.user !== '')
    }),
  )
})
