import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ShipitError } from '../../../src/values/errors.ts'
import { startAgent } from '../../support/agent.ts'
import { exec } from '../../support/exec.ts'
import { needs, program } from '../../support/needs.ts'
import { startSshd, type Sshd } from '../../support/sshd.ts'
import { connect } from '../lab.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen', 'ssh-agent', 'ssh-add')
let sshd: Sshd
let dir = ''
before(async () => {
  if (skip) return
  sshd = await startSshd()
  dir = mkdtempSync(join(tmpdir(), 'shipit-keys-'))
})
after(async () => {
  await sshd?.stop()
  if (dir !== '') rmSync(dir, { recursive: true, force: true })
})

let files = 0
/** An ssh_config that knows the host, with these lines about keys. */
const config = (lines = 'IdentityAgent none\nIdentityFile none', server = sshd): string => {
  const file = join(dir, `config_${++files}`)
  writeFileSync(file, `UserKnownHostsFile ${server.knownHosts}\nGlobalKnownHostsFile /dev/null\n${lines}\n`)
  return file
}
const put = (name: string, content: string | Buffer): string => {
  const file = join(dir, `${++files}_${name}`)
  writeFileSync(file, content, { mode: 0o600 })
  return file
}
const opens = async (keys: readonly string[], passphrase?: string): Promise<void> => {
  const connection = await connect(
    sshd.host({ configFile: config(), keys }),
    passphrase === undefined ? {} : { askPassphrase: async () => passphrase },
  )
  await connection.close()
}
const refusal = async (work: Promise<unknown>): Promise<{ message: string; hint: string }> => {
  const error = await work.then(
    () => assert.fail('it let us in'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ShipitError && error.exit === 3, String(error))
  return { message: error.message, hint: error.hint ?? '' }
}

// ---- RSA and the signatures that servers accept

for (const [algorithms, how] of [
  ['rsa-sha2-512', 'only SHA-512'],
  ['rsa-sha2-256', 'only SHA-256'],
  ['rsa-sha2-256,rsa-sha2-512', 'either'],
] as const)
  test(`an RSA key logs in to a server that accepts ${how}: from a file, an encrypted file, and the agent`, { skip }, async () => {
    const server = await startSshd({ config: [`PubkeyAcceptedAlgorithms ${algorithms}`] })
    const agent = await startAgent()
    try {
      const key = await server.newKey('rsa')
      const locked = await server.newKey('rsa', { passphrase: 'open sesame' })
      const wrong = await server.newKey('rsa', { authorized: false })
      await agent.add(key)
      const askPassphrase = async () => 'open sesame'
      for (const ssh of [
        { configFile: config(undefined, server), keys: [key] },
        { configFile: config(undefined, server), keys: [locked] },
        { configFile: config(undefined, server), keys: [wrong, key] },
        { configFile: config(`IdentityFile none\nIdentityAgent ${agent.socket}`, server) },
        { configFile: config(`IdentityAgent ${agent.socket}`, server), keys: [`${key}.pub`] },
      ]) {
        const connection = await connect(server.host(ssh), { askPassphrase })
        await connection.close()
      }
    } finally {
      await agent.stop()
      await server.stop()
    }
  })

test('an RSA key whose signatures a server rejects is an error that says how to see that', { skip }, async () => {
  const server = await startSshd({ config: ['PubkeyAcceptedAlgorithms ssh-ed25519'] })
  try {
    const key = await server.newKey('rsa')
    const { message, hint } = await refusal(connect(server.host({ configFile: config(undefined, server), keys: [key] })))
    assert.match(message, /rejected the key offered/)
    assert.match(
      hint,
      /authorized_keys.*Does the server take RSA keys of that length \(sudo sshd -T \| grep -iE "pubkeyaccepted\|requiredrsasize"\)/,
    )
  } finally {
    await server.stop()
  }
})

// ---- key files in other formats that work

const pkcs8 = (type: 'rsa' | 'ec' | 'ed25519', passphrase?: string): string => {
  const options = { modulusLength: 2048, namedCurve: 'P-256' }
  const pair = generateKeyPairSync(type as 'rsa', options)
  const file = put(
    `${type}.pem`,
    pair.privateKey
      .export({ type: 'pkcs8', format: 'pem', ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }) })
      .toString(),
  )
  return file
}
const authorize = (publicKey: string): void => writeFileSync(join(sshd.dir, 'authorized_keys'), publicKey, { flag: 'a' })

for (const type of ['rsa', 'ecdsa'] as const)
  for (const passphrase of [undefined, 'open sesame'])
    test(`a PKCS#8 key of ssh-keygen logs in: ${type}${passphrase ? ', encrypted' : ''}`, { skip }, async () => {
      const file = join(dir, `${++files}_pkcs8_${type}`)
      await exec('ssh-keygen', ['-q', '-t', type, '-m', 'PKCS8', '-N', passphrase ?? '', '-f', file])
      assert.match(readFileSync(file, 'utf8'), /^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/)
      authorize(readFileSync(`${file}.pub`, 'utf8'))
      rmSync(`${file}.pub`)
      await opens([file], passphrase)
    })

test('an Ed25519 key in PKCS#8 logs in, encrypted too, and a wrong passphrase is asked for again', { skip }, async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
  authorize(
    `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32]), raw]).toString('base64')}\n`,
  )
  await opens([put('ed.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }))])
  const locked = put('locked.pem', privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' }))
  const answers = ['wrong', 'right']
  const connection = await connect(sshd.host({ configFile: config(), keys: [locked] }), { askPassphrase: async () => answers.shift()! })
  await connection.close()
  assert.deepEqual(answers, [])
})

test('a rejected PKCS#8 key is an error like any other', { skip }, async () => {
  for (const type of ['rsa', 'ec', 'ed25519'] as const) {
    const { message } = await refusal(opens([pkcs8(type)]))
    assert.match(message, /rejected the key offered/)
  }
  const { message } = await refusal(opens([pkcs8('ed25519', 'x')]))
  assert.match(message, /is encrypted, and there is no terminal/)
})

const FORMS: Readonly<Record<string, (key: string) => string | Buffer>> = {
  'a byte order mark': (key) => `\ufeff${key}`,
  'Windows line ends': (key) => key.replaceAll('\n', '\r\n'),
  'no final newline': (key) => key.trimEnd(),
  'indented lines, as in YAML': (key) => key.replaceAll(/^/gm, '    '),
  'UTF-16, as PowerShell writes it': (key) => Buffer.from(`\ufeff${key.replaceAll('\n', '\r\n')}`, 'utf16le'),
}
for (const [form, write] of Object.entries(FORMS))
  test(`a key file with ${form} logs in`, { skip }, async () => {
    await opens([put('key', write(readFileSync(sshd.keyFile, 'utf8')))])
  })

// ---- files that are not keys: the remedy is run as printed, and then the login succeeds

const remedied = async (file: string, is: RegExp, home = dir): Promise<void> => {
  const { message, hint } = await refusal(opens([file]))
  assert.match(message, /there is no key to offer/)
  assert.ok(message.includes(file), message)
  assert.match(message, is)
  const command = /: ((?:\(umask 077; .*\)|puttygen .*?)), and name (\S+) instead$/.exec(hint)
  assert.ok(command, hint)
  execFileSync('/bin/sh', ['-c', command[1]!], { env: { ...process.env, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
  await opens([command[2]!])
}
const own = (): string => readFileSync(sshd.keyFile, 'utf8')

test('a base64-encoded key is named, and the printed command decodes it', { skip }, async () => {
  await remedied(put('key.b64', `${Buffer.from(own()).toString('base64').replace(/.{76}/g, '$&\n')}\n`), /is the base64 of a key/)
})

test('a key with \\n for its line breaks is named, and the printed command inserts them', { skip }, async () => {
  await remedied(put('key-n', own().replaceAll('\n', '\\n')), /is a key with \\n in the place of line breaks/)
})

test('a key in quotes is named, and the printed command removes them', { skip }, async () => {
  await remedied(put('quoted', `"${own().trimEnd()}"\n`), /is a key in quotes/)
  await remedied(put('quoted', `'${own()}'`), /is a key in quotes/)
})

test('a key after other text is named, and the printed command extracts it', { skip }, async () => {
  await remedied(put('noise', `Warning: this is a key\n\n${own()}`), /is a key with other text before it/)
})

test('a PuTTY key is named, and the printed command converts it', { skip: skip || needs('puttygen') }, async () => {
  for (const type of ['ed25519', 'rsa'] as const) {
    const key = await sshd.newKey(type)
    const ppk = join(dir, `${++files}_${type}.ppk`)
    execFileSync(program('puttygen')!, [key, '-O', 'private', '-o', ppk])
    await remedied(ppk, /is PuTTY's \(\.ppk\)/)
  }
})

const NOT: readonly (readonly [is: RegExp, content: (file: string) => string, hint: RegExp])[] = [
  [/is an empty file/, () => '', /put the key into it/],
  [/is an empty file/, () => '\n', /put the key into it/],
  [/is a DSA key/, () => 'ssh-dss AAAAB3NzaC1kc3MAAAAA x', /ssh-keygen -t ed25519/],
  [/is a FIDO key/, () => 'sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t x', /ssh-keygen -t ed25519/],
  [/is a certificate/, () => 'ssh-ed25519-cert-v01@openssh.com AAAA x', /ssh-keygen -t ed25519/],
  [/is a public key/, () => '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n', /name the private key/],
  [/is a public key/, () => '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n', /name the private key/],
  [/is a TLS certificate/, () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /ssh-keygen -t ed25519/],
  [/is a GnuPG key/, () => '-----BEGIN PGP PRIVATE KEY BLOCK-----\nAAAA\n', /ssh-keygen -t ed25519/],
  [/is a key whose end is missing/, () => own().slice(0, 200), /copy it again/],
  [/is a damaged key/, () => own().replace(/\n.{20}/, '\n'), /ssh-keygen -y -f/],
  [/is not a key/, () => '<html>404</html>', /ssh-keygen -y -f/],
]
NOT.forEach(([is, content, hint], i) =>
  test(`a file that ${is.source} is named as such (${i + 1})`, { skip }, async () => {
    const file = put('thing', content(''))
    const found = await refusal(opens([file]))
    assert.ok(found.message.includes(`${file} ${is.source}`), found.message)
    assert.match(found.hint, hint)
    // a broken file may still hold a key
    assert.doesNotMatch(found.message, /404|MCow|b3BlbnNzaC1rZXk/)
  }),
)

test("a folder in place of a key is named, and the printed command lists its keys, whatever the folder's name", { skip }, async () => {
  const folder = join(dir, `${++files}_a folder; of $HOME`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'id_here'), '')
  const found = await refusal(opens([folder]))
  assert.ok(found.message.includes(`${folder} is a folder`))
  const [, command = ''] = /name the key in it: (ls .*)/.exec(found.hint) ?? []
  assert.equal(execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' }), 'id_here\n')
})

test('a public key in place of the private one is named with the private one, which logs in', { skip }, async () => {
  const key = await sshd.newKey()
  const { message, hint } = await refusal(opens([`${key}.pub`]))
  assert.ok(message.includes(`${key}.pub is a public key, and no agent holds the private one`), message)
  assert.equal(hint, `name ${key}, or put it into your agent: ssh-add ${key}`)
  await opens([key])
  const agent = await startAgent()
  try {
    execFileSync('/bin/sh', ['-c', /ssh-add .*/.exec(hint)![0]], { env: { ...process.env, SSH_AUTH_SOCK: agent.socket }, stdio: 'ignore' })
    const connection = await connect(sshd.host({ configFile: config(`IdentityAgent ${agent.socket}`), keys: [`${key}.pub`] }))
    await connection.close()
  } finally {
    await agent.stop()
  }
})

test('a missing IdentityFile of ssh_config is named, and the printed command creates it', { skip }, async () => {
  const file = join(dir, 'id_missing')
  const { message, hint } = await refusal(connect(sshd.host({ configFile: config(`IdentityAgent none\nIdentityFile ${file}`) })))
  assert.ok(message.includes(`${file} does not exist`), message)
  const command = /ssh-keygen .*/.exec(hint)![0]
  execFileSync('/bin/sh', ['-c', `${command} -q -N ''`])
  authorize(readFileSync(`${file}.pub`, 'utf8'))
  const connection = await connect(sshd.host({ configFile: config(`IdentityAgent none\nIdentityFile ${file}`) }))
  await connection.close()
})

test('an IdentityFile with any token of ssh_config is the file that ssh finds', { skip }, async () => {
  const user = `${sshd.user}`
  for (const token of ['%h', '%p', '%r', '%u', '%n', '%k', '%i', '%L', '%l', '%C', '%%']) {
    const asked = join(dir, `id_${token}`)
    const conf = config(`IdentityAgent none\nIdentitiesOnly yes\nIdentityFile ${asked}`)
    // ssh -v prints the file that it resolves the token to
    const printed = await exec('/bin/sh', [
      '-c',
      `ssh -v -F ${conf} -o BatchMode=yes -p ${sshd.port} ${user}@127.0.0.1 true 2>&1 | sed -n 's/^debug1: identity file \\(.*\\) type .*$/\\1/p' | head -1`,
    ])
    const file = printed.trim()
    assert.ok(file.startsWith(dir) && (token === '%%' || !file.includes('%')), file)
    copyFileSync(sshd.keyFile, file)
    const connection = await connect(sshd.host({ configFile: conf }))
    await connection.close()
    rmSync(file)
  }
})

test('an agent that is gone or empty is named, and one with the key logs in', { skip }, async () => {
  const gone = await refusal(connect(sshd.host({ configFile: config('IdentityFile none\nIdentityAgent /nowhere/agent') })))
  assert.match(gone.message, /no key to offer; the ssh agent at \/nowhere\/agent does not answer \(.*ENOENT/)
  assert.match(gone.hint, /eval "\$\(ssh-agent\)" && ssh-add FILE/)
  const agent = await startAgent()
  try {
    const lines = `IdentityFile none\nIdentityAgent ${agent.socket}`
    const empty = await refusal(connect(sshd.host({ configFile: config(lines) })))
    assert.match(empty.message, /the ssh agent at \S+ holds no keys/)
    assert.match(empty.hint, /ssh-add FILE/)
    await agent.add(sshd.keyFile)
    const connection = await connect(sshd.host({ configFile: config(lines) }))
    await connection.close()
    // a rejected key is not blamed on the agent
    const wrong = await sshd.newKey('ed25519', { authorized: false })
    const refused = await refusal(connect(sshd.host({ configFile: config('IdentityAgent /nowhere/agent'), keys: [wrong] })))
    assert.match(refused.hint, /^try: ssh /)
  } finally {
    await agent.stop()
  }
  const command = `eval "$(ssh-agent)" >/dev/null && ssh-add -q ${sshd.keyFile} && ssh-add -l; ssh-agent -k >/dev/null`
  assert.match(execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' }), /SHA256:/)
})
