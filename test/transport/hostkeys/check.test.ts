import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ShipitError } from '../../../src/values/errors.ts'
import type { HostKeyPolicy } from '../../../src/inventory/types.ts'
import { exec } from '../../support/exec.ts'
import { needs, startSshd, type Sshd } from '../../support/sshd.ts'
import { connect, run } from '../lab.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen')
let sshd: Sshd
before(async () => {
  if (!skip) sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] })
})
after(() => sshd?.stop())

let files = 0
/** An ssh_config with this text as its known_hosts. */
const trusting = (text: string, more = ''): { configFile: string; known: string } => {
  const known = join(sshd.dir, `known_${++files}`)
  if (text !== '') writeFileSync(known, text, { mode: 0o600 })
  const configFile = join(sshd.dir, `config_${files}`)
  writeFileSync(
    configFile,
    `IdentityFile ${sshd.keyFile}\nIdentitiesOnly yes\nIdentityAgent none\nUserKnownHostsFile ${known}\nGlobalKnownHostsFile /dev/null\n${more}`,
  )
  return { configFile, known }
}
const publicKey = (type: 'ed25519' | 'ecdsa' | 'rsa'): string =>
  readFileSync(`${sshd.hostKeyFiles[type]}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
const name = (): string => `[127.0.0.1]:${sshd.port}`
const login = async (configFile: string, hostKeys?: HostKeyPolicy, warnings: string[] = []): Promise<void> => {
  const connection = await connect(sshd.host({ configFile, ...(hostKeys === undefined ? {} : { hostKeys }) }), {
    onWarning: (w) => warnings.push(w),
  })
  assert.equal((await run(connection, 'echo hello')).stdout, 'hello\n')
  await connection.close()
}
const refused = async (configFile: string, pattern: RegExp, hostKeys?: HostKeyPolicy): Promise<ShipitError> => {
  const accepted = sshd.log().split('Accepted').length
  const error = await login(configFile, hostKeys).then(
    () => assert.fail('it let us in'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ShipitError, String(error))
  assert.match(error.message, pattern)
  assert.equal(error.exit, 3)
  assert.equal(error.host, `lab-${sshd.port}`)
  // an untrusted server has seen no key
  assert.equal(sshd.log().split('Accepted').length, accepted)
  return error
}

for (const type of ['ed25519', 'ecdsa', 'rsa'] as const)
  test(`a server with three host keys is trusted if known_hosts has its ${type} key`, { skip }, async () => {
    await login(trusting(`${name()} ${publicKey(type)}\n`).configFile)
  })

test('a hashed host name is trusted', { skip }, async () => {
  const { configFile, known } = trusting(`${name()} ${publicKey('ecdsa')}\n`)
  await exec('ssh-keygen', ['-q', '-H', '-f', known])
  await login(configFile)
})

test('HostKeyAlias replaces the address in known_hosts', { skip }, async () => {
  await login(trusting(`lab ${publicKey('rsa')}\n`, 'HostKeyAlias lab\n').configFile)
  await refused(trusting(`${name()} ${publicKey('rsa')}\n`, 'HostKeyAlias lab\n').configFile, /not known/)
})

test('an unknown host is refused with its fingerprint and a remedy', { skip }, async () => {
  const { configFile, known } = trusting('')
  const error = await refused(configFile, /not known: it shows ED25519 SHA256:/)
  const fingerprint = (await exec('ssh-keygen', ['-lf', `${sshd.hostKeyFiles.ed25519}.pub`])).split(' ')[1]!
  assert.ok(error.message.includes(fingerprint))
  assert.match(error.hint!, /ssh-keyscan -p \d+ -t ed25519 127\.0\.0\.1 >> .*hostKeys: 'accept-new'/)
  assert.ok(!existsSync(known))
})

test('accept-new adds an unknown host once', { skip }, async () => {
  const { configFile, known } = trusting('')
  await login(configFile, 'accept-new')
  assert.equal(readFileSync(known, 'utf8'), `${name()} ${publicKey('ed25519')}\n`)
  await login(configFile, 'yes')
  await login(configFile, 'accept-new')
  assert.equal(readFileSync(known, 'utf8').split('\n').length, 2)
})

test('parallel logins to an unknown host add one line', { skip }, async () => {
  const { configFile, known } = trusting('')
  await Promise.all(Array.from({ length: 4 }, () => login(configFile, 'accept-new')))
  assert.equal(readFileSync(known, 'utf8').trim().split('\n').length, 1)
})

test("StrictHostKeyChecking accept-new applies, no does not, and shipit's hostKeys wins", { skip }, async () => {
  await login(trusting('', 'StrictHostKeyChecking accept-new\n').configFile)
  await refused(trusting('', 'StrictHostKeyChecking no\n').configFile, /not known/)
  await refused(trusting('', 'StrictHostKeyChecking accept-new\n').configFile, /not known/, 'yes')
})

test('accept-new hashes the name where ssh would, and warns if it cannot write', { skip }, async () => {
  const hashed = trusting('', 'HashKnownHosts yes\n')
  await login(hashed.configFile, 'accept-new')
  assert.match(readFileSync(hashed.known, 'utf8'), /^\|1\|/)
  await login(hashed.configFile, 'yes')
  const warnings: string[] = []
  const nowhere = trusting('')
  writeFileSync(
    nowhere.configFile,
    readFileSync(nowhere.configFile, 'utf8').replace(/UserKnownHostsFile .*/, 'UserKnownHostsFile /dev/null/known_hosts'),
  )
  await login(nowhere.configFile, 'accept-new', warnings)
  assert.match(warnings.join(), /could not be saved/)
})

test('yes and accept-new refuse a changed key and name the line with the other one', { skip }, async () => {
  const other = readFileSync(`${await sshd.newKey('ed25519', { authorized: false })}.pub`, 'utf8')
  for (const policy of ['yes', 'accept-new'] as const) {
    const { configFile, known } = trusting(`# a comment\n${name()} ${other}`)
    const error = await refused(configFile, /has changed/, policy)
    assert.ok(error.message.includes(`${known}:2 has ED25519 SHA256:`), error.message)
    assert.ok(error.hint!.includes(`ssh-keygen -R '${name()}' -f ${known}`), error.hint)
    assert.equal(readFileSync(known, 'utf8').split('\n').length, 3)
  }
})

test('a revoked key is refused although the host is known by it', { skip }, async () => {
  const text = `${name()} ${publicKey('ed25519')}\n@revoked * ${publicKey('ed25519')}\n`
  await refused(trusting(text).configFile, /revoked at .*:2/)
  await refused(trusting(text).configFile, /revoked/, 'accept-new')
})

test('a host known only by a certificate authority is refused with that reason', { skip }, async () => {
  const ca = readFileSync(`${await sshd.newKey('ed25519', { authorized: false })}.pub`, 'utf8')
  await refused(trusting(`@cert-authority * ${ca}`).configFile, /certificate \(@cert-authority/, 'accept-new')
})

test('accept-new refuses a host whose key is of another type than the known one', { skip }, async () => {
  const one = await startSshd({ hostKeys: ['ecdsa'] })
  try {
    const other = readFileSync(`${await sshd.newKey('ed25519', { authorized: false })}.pub`, 'utf8')
    const { configFile } = trusting(`[127.0.0.1]:${one.port} ${other}`)
    await assert.rejects(connect(one.host({ configFile, hostKeys: 'accept-new' })), /has a type that is not known: it shows ECDSA/)
  } finally {
    await one.stop()
  }
})

test("hostKeys 'no' trusts any host and warns once", { skip }, async () => {
  const warnings: string[] = []
  const { configFile, known } = trusting(`${name()} ${readFileSync(`${await sshd.newKey('ed25519', { authorized: false })}.pub`, 'utf8')}`)
  const before = readFileSync(known, 'utf8')
  await login(configFile, 'no', warnings)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0]!, /not verified/)
  assert.equal(readFileSync(known, 'utf8'), before)
})
