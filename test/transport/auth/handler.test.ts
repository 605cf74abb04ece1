import assert from 'node:assert/strict'
import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ShipitError } from '../../../src/values/errors.ts'
import { sshTransport } from '../../../src/transport/ssh/transport.ts'
import { startAgent, type TestAgent } from '../../support/agent.ts'
import { needs, startSshd, type Sshd } from '../../support/sshd.ts'
import { connect } from '../lab.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen', 'ssh-agent', 'ssh-add')
let sshd: Sshd
let agent: TestAgent
before(async () => {
  if (skip) return
  sshd = await startSshd({ config: ['MaxAuthTries 4'] })
  agent = await startAgent()
})
after(async () => {
  await sshd?.stop()
  await agent?.stop()
})

let files = 0
const config = (lines: string): string => {
  const file = join(sshd.dir, `auth_config_${++files}`)
  writeFileSync(file, `UserKnownHostsFile ${sshd.knownHosts}\nGlobalKnownHostsFile /dev/null\n${lines}\n`)
  return file
}
const noAgent = (): string => config('IdentityAgent none\nIdentityFile none')
const fails = async (promise: Promise<unknown>, message: RegExp, hint: RegExp): Promise<void> => {
  const error = await promise.then(
    () => assert.fail('it let us in'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ShipitError, String(error))
  assert.match(error.message, message)
  assert.match(error.hint ?? '', hint)
  assert.equal(error.exit, 3)
  assert.equal(error.host, `lab-${sshd.port}`)
}
const logSince = (mark: number): string => sshd.log().slice(mark)

for (const type of ['ed25519', 'ecdsa', 'rsa'] as const)
  test(`an ${type} key file logs in with the first signature`, { skip }, async () => {
    const key = await sshd.newKey(type)
    const mark = sshd.log().length
    const connection = await connect(sshd.host({ configFile: noAgent(), keys: [key] }))
    assert.equal(connection.address, `${sshd.user}@127.0.0.1:${sshd.port}`)
    await connection.close()
    assert.doesNotMatch(logSince(mark), /Failed|none/)
    // with a probe first, sshd would have looked the key up twice
    assert.equal(logSince(mark).split('Accepted key').length, 2)
  })

test('a rejected key is an error that names it, the account and what to try', { skip }, async () => {
  const key = await sshd.newKey('ed25519', { authorized: false })
  const options = { configFile: noAgent(), keys: [key] }
  await fails(
    connect(sshd.host(options)),
    new RegExp(`cannot log in as ${sshd.user}@127\\.0\\.0\\.1:${sshd.port}: .*the key offered \\(${key}\\)`),
    new RegExp(`try: ssh -F ${options.configFile} -p ${sshd.port} -i ${key} ${sshd.user}@127\\.0\\.0\\.1; .*authorized_keys`),
  )
})

test('a wrong key before the right one does not prevent the login', { skip }, async () => {
  const wrong = await sshd.newKey('ed25519', { authorized: false })
  const connection = await connect(sshd.host({ configFile: noAgent(), keys: [wrong, sshd.keyFile] }))
  await connection.close()
})

test('a missing key file of the config is an error before anything is sent', { skip }, async () => {
  await fails(connect(sshd.host({ configFile: noAgent(), keys: ['/nowhere/id_x'] })), /no key file \/nowhere\/id_x/, /ssh-keygen/)
})

test('a login without any key is an error that says so', { skip }, async () => {
  await fails(connect(sshd.host({ configFile: noAgent() })), /no key to offer/, /ssh-add/)
})

test('too many wrong keys for the server is an error that says so', { skip }, async () => {
  const wrong = await Promise.all(Array.from({ length: 6 }, () => sshd.newKey('ed25519', { authorized: false })))
  await fails(connect(sshd.host({ configFile: noAgent(), keys: [...wrong, sshd.keyFile] })), /too many keys/, /IdentitiesOnly/)
})

test('a passphrase is asked for once per key file, however many hosts wait for it', { skip }, async () => {
  const key = await sshd.newKey('ed25519', { passphrase: 'open sesame' })
  const asked: string[] = []
  const askPassphrase = async (file: string): Promise<string> => {
    asked.push(file)
    return 'open sesame'
  }
  const host = sshd.host({ configFile: noAgent(), keys: [key] })
  const transport = sshTransport()
  const all = await Promise.all([1, 2, 3].map(() => connect(host, { askPassphrase }, transport)))
  assert.deepEqual(asked, [key])
  await Promise.all(all.map((connection) => connection.close()))
})

test('a passphrase is asked for a PEM key without a public half', { skip }, async () => {
  const key = await sshd.newKey('rsa', { passphrase: 'long enough', format: 'PEM' })
  unlinkSync(`${key}.pub`)
  const connection = await connect(sshd.host({ configFile: noAgent(), keys: [key] }), { askPassphrase: async () => 'long enough' })
  await connection.close()
})

test('a wrong passphrase is asked for again, up to three times', { skip }, async () => {
  const key = await sshd.newKey('ed25519', { passphrase: 'right' })
  const answers = ['wrong', 'right']
  const connection = await connect(sshd.host({ configFile: noAgent(), keys: [key] }), { askPassphrase: async () => answers.shift()! })
  await connection.close()
  assert.deepEqual(answers, [])

  const never = await sshd.newKey('ed25519', { passphrase: 'never' })
  let asked = 0
  const askPassphrase = async (): Promise<string> => {
    asked++
    return 'wrong'
  }
  await fails(connect(sshd.host({ configFile: noAgent(), keys: [never] }), { askPassphrase }), /three wrong passphrases/, /ssh-add/)
  assert.equal(asked, 3)
})

test('no passphrase is asked for a key that the server rejects', { skip }, async () => {
  const key = await sshd.newKey('ed25519', { passphrase: 'x', authorized: false })
  const askPassphrase = async (): Promise<string> => assert.fail('asked')
  const connection = await connect(sshd.host({ configFile: noAgent(), keys: [key, sshd.keyFile] }), { askPassphrase })
  await connection.close()
})

test('an encrypted key without a terminal is skipped, and named if it was the only one', { skip }, async () => {
  const key = await sshd.newKey('ed25519', { passphrase: 'x' })
  const connection = await connect(sshd.host({ configFile: noAgent(), keys: [key, sshd.keyFile] }))
  await connection.close()
  await fails(connect(sshd.host({ configFile: noAgent(), keys: [key] })), new RegExp(`${key} is encrypted`), /ssh-add/)
})

test('the agent signs for rsa and ed25519 keys, and for an encrypted file without asking for its passphrase', { skip }, async () => {
  const rsa = await sshd.newKey('rsa')
  const mine = await startAgent()
  try {
    await mine.add(rsa)
    const first = await connect(sshd.host({ configFile: config(`IdentityAgent ${mine.socket}\nIdentityFile none`) }))
    await first.close()
    const second = await connect(sshd.host({ configFile: config(`IdentityAgent ${mine.socket}`), keys: [rsa] }))
    await second.close()
  } finally {
    await mine.stop()
  }
})

test("IdentitiesOnly keeps the agent's other keys back", { skip }, async () => {
  const [a, b, right] = await Promise.all([
    sshd.newKey('ed25519', { authorized: false }),
    sshd.newKey('ed25519', { authorized: false }),
    sshd.newKey('ed25519'),
  ])
  for (const key of [a, b, right]) await agent.add(key)
  const mark = sshd.log().length
  const only = config(`IdentityAgent ${agent.socket}\nIdentitiesOnly yes\nIdentityFile ${right}.pub`)
  const connection = await connect(sshd.host({ configFile: only }))
  await connection.close()
  assert.doesNotMatch(logSince(mark), /Failed publickey/)
  await fails(
    connect(sshd.host({ configFile: config(`IdentityAgent ${agent.socket}\nIdentitiesOnly yes\nIdentityFile ${a}`) })),
    /the key offered \(agent key shipit test/,
    /authorized_keys/,
  )
  // without it the right key is found after the wrong ones
  const all = await connect(sshd.host({ configFile: config(`IdentityAgent ${agent.socket}\nIdentityFile none`) }))
  await all.close()
  assert.match(logSince(mark), /Failed publickey/)
})

test('the key that logged in to one host is tried first on the next', { skip }, async () => {
  const transport = sshTransport()
  const wrong = await sshd.newKey('ed25519', { authorized: false })
  const host = sshd.host({ configFile: noAgent(), keys: [wrong, sshd.keyFile] })
  await (await connect(host, {}, transport)).close()
  const mark = sshd.log().length
  await (await connect(host, {}, transport)).close()
  assert.doesNotMatch(logSince(mark), /Failed publickey/)
})

test('a dead agent does not prevent a login, and is named if there is no other key', { skip }, async () => {
  const dead = config('IdentityAgent /nowhere/agent\nIdentityFile none')
  const connection = await connect(sshd.host({ configFile: dead, keys: [sshd.keyFile] }))
  await connection.close()
  await fails(connect(sshd.host({ configFile: dead })), /ssh agent at \/nowhere\/agent does not answer/, /./)
})

test('certificates and FIDO keys are named if no other key logs in', { skip }, async () => {
  const wrong = await sshd.newKey('ed25519', { authorized: false })
  writeFileSync(`${wrong}-cert.pub`, 'ssh-ed25519-cert-v01@openssh.com AAAA')
  const fido = join(sshd.dir, 'fido.pub')
  writeFileSync(fido, 'sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIA== token')
  await fails(
    connect(sshd.host({ configFile: noAgent(), keys: [wrong, fido] })),
    /fido\.pub is a FIDO key.*-cert\.pub is a certificate/,
    /cannot use certificates, FIDO keys and DSA keys/,
  )
})

test('a server that requires more than a key is an error that names what it requires', { skip }, async () => {
  const strict = await startSshd({ config: ['AuthenticationMethods publickey,keyboard-interactive', 'KbdInteractiveAuthentication yes'] })
  try {
    await assert.rejects(connect(strict.host({ keys: [strict.keyFile] })), (error: ShipitError) => {
      assert.match(error.message, /the server wants keyboard-interactive/)
      return true
    })
  } finally {
    await strict.stop()
  }
})
