import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ShipitError } from '../../../src/values/errors.ts'
import { exec } from '../../support/exec.ts'
import { needs, startSshd, type Sshd } from '../../support/sshd.ts'
import { connect } from '../lab.ts'

// The same known_hosts and ssh_config for ssh itself and for shipit: both must accept or refuse the server in every row.

const skip = needs('sshd', 'ssh', 'ssh-keygen')
let sshd: Sshd
let dir = ''
/** The server's keys, other keys, and a certificate authority's. */
let k: Readonly<Record<'ED' | 'EC' | 'OTHER' | 'OTHER_EC' | 'CA', string>>
before(async () => {
  if (skip) return
  sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa'] })
  dir = mkdtempSync(join(tmpdir(), 'shipit-agrees-'))
  const key = (file: string) => readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
  const fresh = async (type: 'ed25519' | 'ecdsa') => key(await sshd.newKey(type, { authorized: false }))
  k = {
    ED: key(sshd.hostKeyFiles.ed25519!),
    EC: key(sshd.hostKeyFiles.ecdsa!),
    OTHER: await fresh('ed25519'),
    OTHER_EC: await fresh('ecdsa'),
    CA: await fresh('ed25519'),
  }
})
after(async () => {
  await sshd?.stop()
  if (dir !== '') rmSync(dir, { recursive: true, force: true })
})

interface Row {
  readonly title: string
  /** AT is the server's name with its port, HOST the name alone; ED, EC, OTHER, OTHER_EC, CA are keys */
  readonly known: string
  readonly known2?: string
  readonly global?: string
  /** more lines of ssh_config; FOLDER is a folder with the files below */
  readonly config?: string
  readonly files?: Readonly<Record<string, string>>
  /** words of ssh-keygen, run in FOLDER first */
  readonly keygen?: readonly string[]
  readonly expect: 'in' | 'refused'
  /** where shipit is stricter than ssh, and why */
  readonly stricter?: string
}

const NEW = 'StrictHostKeyChecking accept-new'
const ROWS: readonly Row[] = [
  { title: 'an empty known_hosts', known: '', expect: 'refused' },
  { title: 'the key under its port', known: 'AT ED', expect: 'in' },
  { title: 'another key under its port', known: 'AT OTHER', expect: 'refused' },
  { title: 'the key under the host without the port', known: 'HOST ED', expect: 'in' },
  { title: 'another key under the port, the right one without it', known: 'AT OTHER\nHOST ED', expect: 'refused' },
  { title: 'the right key without the port, another key under it', known: 'HOST ED\nAT OTHER', expect: 'refused' },
  { title: 'a key of another type under the port, the right one without it', known: 'AT OTHER_EC\nHOST ED', expect: 'refused' },
  { title: 'another key and the right one under the port', known: 'AT OTHER\nAT ED', expect: 'in' },
  { title: 'the right key under the port, another one without it', known: 'AT ED\nHOST OTHER', expect: 'in' },
  { title: 'the right key under another port', known: '[127.0.0.1]:1 ED', expect: 'refused' },
  { title: 'the key of the other type', known: 'AT EC', expect: 'in' },
  { title: 'another key of the other type', known: 'AT OTHER_EC', expect: 'refused' },
  { title: 'a wildcard', known: '[127.0.0.*]:* ED', expect: 'in' },
  { title: 'a wildcard without a port', known: '127.0.*.1 ED', expect: 'in' },
  { title: 'a star', known: '* ED', expect: 'in' },
  { title: 'a star with another key, the right one without a port', known: '* OTHER\nHOST ED', expect: 'refused' },
  { title: 'a negation of this host', known: '*,!AT ED', expect: 'in' },
  { title: 'a negation of this host with and without the port', known: '*,!AT,!HOST ED', expect: 'refused' },
  { title: 'a negation alone', known: '!other ED', expect: 'refused' },
  { title: 'several names', known: 'a,AT,b ED', expect: 'in' },
  { title: 'a hashed name', known: 'AT ED', keygen: ['-q', '-H', '-f', 'known'], expect: 'in' },
  {
    title: 'a hashed name with another key, the right one without a port',
    known: 'AT OTHER\nHOST ED',
    keygen: ['-q', '-H', '-f', 'known'],
    expect: 'refused',
  },
  { title: 'a hashed name without the port', known: 'HOST ED', keygen: ['-q', '-H', '-f', 'known'], expect: 'in' },
  { title: 'the key in the second file', known: 'x OTHER', known2: 'AT ED', expect: 'in' },
  { title: 'another key in the first file, the right one in the second', known: 'AT OTHER', known2: 'AT ED', expect: 'in' },
  { title: 'the key in the global file', known: '', global: 'AT ED', expect: 'in' },
  {
    title: 'another key in the global file, the right one without a port in mine',
    known: 'HOST ED',
    global: 'AT OTHER',
    expect: 'refused',
  },
  { title: '@revoked for this host', known: 'AT ED\n@revoked AT ED', expect: 'refused' },
  { title: '@revoked for every host', known: '@revoked * ED\nAT ED', expect: 'refused' },
  { title: '@revoked in the global file', known: 'AT ED', global: '@revoked * ED', expect: 'refused' },
  { title: '@revoked for another host', known: 'AT ED\n@revoked elsewhere ED', expect: 'in' },
  { title: '@revoked of another key', known: 'AT ED\n@revoked * OTHER', expect: 'in' },
  {
    title: '@revoked under the host without the port',
    known: 'AT ED\n@revoked HOST ED',
    expect: 'in',
    stricter: 'revoking a key for a host means the host',
  },
  { title: '@revoked, with accept-new', known: '@revoked * ED', config: NEW, expect: 'refused' },
  { title: '@cert-authority alone', known: '@cert-authority * CA', expect: 'refused' },
  { title: '@cert-authority and the key', known: '@cert-authority * CA\nAT ED', expect: 'in' },
  { title: '@cert-authority under the port, the key without it', known: '@cert-authority AT CA\nHOST ED', expect: 'in' },
  { title: 'the key as @cert-authority', known: '@cert-authority * ED', expect: 'refused' },
  { title: 'the key as @cert-authority and as itself', known: '@cert-authority * ED\nAT ED', expect: 'in' },
  { title: 'an unknown marker', known: '@trusted AT ED', expect: 'refused' },
  { title: 'a comment', known: '#AT ED', expect: 'refused' },
  { title: 'tabs, spaces and a comment behind', known: ' \tAT  ED anna@laptop', expect: 'in' },
  { title: 'an alias', known: 'lab ED', config: 'HostKeyAlias lab', expect: 'in' },
  {
    title: 'an alias with another key, the right one under the address',
    known: 'lab OTHER\nAT ED\nHOST ED',
    config: 'HostKeyAlias lab',
    expect: 'refused',
  },
  {
    title: 'an unknown alias, the right key under the address',
    known: 'AT ED\nHOST ED',
    config: 'HostKeyAlias lab',
    expect: 'refused',
  },
  { title: 'an empty known_hosts, with accept-new', known: '', config: NEW, expect: 'in' },
  { title: 'another key, with accept-new', known: 'AT OTHER', config: NEW, expect: 'refused' },
  { title: 'another key without the port, with accept-new', known: 'HOST OTHER', config: NEW, expect: 'in' },
  { title: 'only a key of another type, with accept-new', known: 'AT OTHER_EC', config: NEW, expect: 'refused' },
  {
    title: 'a list of revoked keys with this one',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/revoked',
    files: { revoked: 'OTHER\nED\n' },
    expect: 'refused',
  },
  {
    title: 'a list of revoked keys with others',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/revoked',
    files: { revoked: '# old ones\nOTHER\nEC old\n\n' },
    expect: 'in',
  },
  {
    title: 'a list of revoked keys that is empty',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/revoked',
    files: { revoked: '' },
    expect: 'in',
  },
  {
    title: 'a list of revoked keys with a comment',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/revoked',
    files: { revoked: '  ED web1\n' },
    expect: 'refused',
  },
  { title: 'a missing list of revoked keys', known: 'AT ED', config: 'RevokedHostKeys FOLDER/nothing', expect: 'refused' },
  { title: 'a list of revoked keys that is a folder', known: 'AT ED', config: 'RevokedHostKeys FOLDER', expect: 'refused' },
  { title: 'RevokedHostKeys none', known: 'AT ED', config: 'RevokedHostKeys none', expect: 'in' },
  {
    title: 'a list of revoked keys, with accept-new',
    known: '',
    config: `${NEW}\nRevokedHostKeys FOLDER/revoked`,
    files: { revoked: 'ED\n' },
    expect: 'refused',
  },
  {
    title: 'a KRL with this key',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/krl',
    files: { 'one.pub': 'ED\n', 'two.pub': 'OTHER\n' },
    keygen: ['-q', '-k', '-f', 'krl', 'two.pub', 'one.pub'],
    expect: 'refused',
  },
  {
    title: 'a KRL with another key',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/krl',
    files: { 'two.pub': 'OTHER\n' },
    keygen: ['-q', '-k', '-f', 'krl', 'two.pub'],
    expect: 'in',
  },
  {
    title: 'a KRL with the SHA-1 of this key',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/krl',
    files: { spec: 'sha1: ED\n' },
    keygen: ['-q', '-k', '-f', 'krl', 'spec'],
    expect: 'refused',
  },
  {
    title: 'a KRL with the SHA-256 of this key',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/krl',
    files: { spec: 'sha256: ED\n' },
    keygen: ['-q', '-k', '-f', 'krl', 'spec'],
    expect: 'refused',
  },
  {
    title: 'a KRL with certificates alone',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/krl',
    files: { spec: 'serial: 1-9\nid: web1\n', 'ca.pub': 'CA\n' },
    keygen: ['-q', '-k', '-f', 'krl', '-s', 'ca.pub', 'spec'],
    expect: 'in',
  },
  { title: 'an empty KRL', known: 'AT ED', config: 'RevokedHostKeys FOLDER/krl', keygen: ['-q', '-k', '-f', 'krl'], expect: 'in' },
  {
    title: 'a KRL that is cut off',
    known: 'AT ED',
    config: 'RevokedHostKeys FOLDER/krl',
    files: { krl: 'SSHKRL\n\0\0\0\0\u0001' },
    expect: 'refused',
  },
]

let folders = 0
const filled = (text: string): string =>
  text
    .replaceAll(/\b(OTHER_EC|OTHER|ED|EC|CA)\b/g, (name) => k[name as keyof typeof k])
    .replaceAll(/\bAT\b/g, `[127.0.0.1]:${sshd.port}`)
    .replaceAll(/\bHOST\b/g, '127.0.0.1')

/** Creates a folder with the files of the row; returns its ssh_config, for both programs. */
const lay = async (row: Row): Promise<string> => {
  const folder = join(dir, `${++folders}`)
  await exec('mkdir', ['-p', folder])
  const put = (name: string, text: string) => writeFileSync(join(folder, name), filled(text === '' ? '' : `${text}\n`), { mode: 0o600 })
  put('known', row.known)
  put('known2', row.known2 ?? '')
  put('global', row.global ?? '')
  for (const [name, text] of Object.entries(row.files ?? {})) writeFileSync(join(folder, name), filled(text), 'latin1')
  const words = (row.keygen ?? []).map((word) => (word.startsWith('-') ? word : join(folder, word)))
  if (words.length > 0) await exec('ssh-keygen', words)
  const config = join(folder, 'config')
  writeFileSync(
    config,
    `${row.config?.replaceAll('FOLDER', folder) ?? ''}
Host *
  IdentityFile ${sshd.keyFile}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${folder}/known ${folder}/known2
  GlobalKnownHostsFile ${folder}/global
  StrictHostKeyChecking yes
`,
  )
  return config
}

const askSsh = (config: string): Promise<string> =>
  new Promise((done) => {
    const child = spawn('ssh', ['-F', config, '-o', 'BatchMode=yes', '-p', String(sshd.port), `${sshd.user}@127.0.0.1`, 'true'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let printed = ''
    child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    child.on('close', (code) => done(code === 0 ? 'in' : `refused ${printed}`))
  })

const askShipit = async (config: string): Promise<string> => {
  try {
    const connection = await connect(sshd.host({ configFile: config }))
    await connection.close()
    return 'in'
  } catch (error) {
    assert.ok(error instanceof ShipitError && error.exit === 3 && error.hint, String(error))
    return `refused ${error.message}`
  }
}

for (const row of ROWS)
  test(`ssh and shipit agree on a host key: ${row.title}: ${row.expect}`, { skip }, async () => {
    // ssh may write to the files: each gets its own
    const ssh = await askSsh(await lay(row))
    const shipit = await askShipit(await lay(row))
    assert.equal(ssh.split(' ')[0], row.expect, ssh)
    assert.equal(shipit.split(' ')[0], row.stricter === undefined ? row.expect : 'refused', shipit)
    if (/RevokedHostKeys FOLDER/.test(row.config ?? '') && row.expect === 'refused')
      assert.match(
        shipit,
        /is revoked by \S+(revoked|krl): it shows ED25519 SHA256|the list of revoked host keys that ssh_config names cannot be read/,
      )
  })
