import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { fingerprint, HOST_KEY_ALGORITHMS, judge, keyTypesFor } from '../../../src/transport/hostkeys/verdict.ts'
import { hostCheck } from '../../../src/transport/hostkeys/check.ts'
import { hashHost, matchesHost } from '../../../src/transport/host-pattern.ts'
import { addKnownHost, readKnownHosts } from '../../../src/transport/hostkeys/known-hosts-files.ts'
import { knownName, parseKnownHosts } from '../../../src/transport/hostkeys/known-hosts.ts'
import { isKrl, krlRevokes } from '../../../src/transport/hostkeys/krl.ts'
import { exec } from '../../support/exec.ts'
import { needs } from '../../support/needs.ts'

const blob = (type: string, body: string): Buffer => {
  const string = (text: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)])
  return Buffer.concat([string(type), string(body)])
}
const line = (names: string, type: string, body: string): string => `${names} ${type} ${blob(type, body).toString('base64')}`
const ED = 'ssh-ed25519'
const RSA = 'ssh-rsa'
const verdict = (text: string, names: string[], type: string, body: string): string =>
  judge(parseKnownHosts(text, 'f'), names, blob(type, body)).is

const table: [title: string, text: string, expected: string][] = [
  ['the key itself', line('web1', ED, 'a'), 'ok'],
  ['the key among several names', line('x,web1,y', ED, 'a'), 'ok'],
  ['the name in capitals', line('WEB1', ED, 'a'), 'ok'],
  ['a wildcard', line('web?', ED, 'a'), 'ok'],
  ['a wildcard with an exception for this host', line('web*,!web1', ED, 'a'), 'unknown'],
  ['the exception before the wildcard', line('!web1,web*', ED, 'a'), 'unknown'],
  ['an exception alone', line('!web2', ED, 'a'), 'unknown'],
  ['a hashed name', line(hashHost('web1'), ED, 'a'), 'ok'],
  ['the hash of another name', line(hashHost('web2'), ED, 'a'), 'unknown'],
  ['an empty file', '', 'unknown'],
  ['a comment and blank lines', `\n# web1\n\n  \t\n${line('web1', ED, 'a')} anna@laptop\n`, 'ok'],
  ['Windows line ends', `${line('web1', ED, 'a')}\r\n`, 'ok'],
  ['another key of the type', line('web1', ED, 'b'), 'changed'],
  ['another key and then the right one', `${line('web1', ED, 'b')}\n${line('web1', ED, 'a')}`, 'ok'],
  ['only a key of another type', line('web1', RSA, 'a'), 'other-type-known'],
  ['the key revoked for every host', `${line('web1', ED, 'a')}\n@revoked ${line('*', ED, 'a')}`, 'revoked'],
  ['another key revoked', `${line('web1', ED, 'a')}\n@revoked ${line('*', ED, 'b')}`, 'ok'],
  ['the key revoked for another host', `${line('web1', ED, 'a')}\n@revoked ${line('web2', ED, 'a')}`, 'ok'],
  ['a certificate authority alone', `@cert-authority ${line('web*', ED, 'ca')}`, 'ca-only'],
  ['a certificate authority and the key', `@cert-authority ${line('web*', ED, 'ca')}\n${line('web1', ED, 'a')}`, 'ok'],
  ["the key as a certificate authority's", `@cert-authority ${line('web1', ED, 'a')}`, 'ca-only'],
  ['an unknown marker', `@trusted ${line('web1', ED, 'a')}`, 'unknown'],
  ['a type that differs from the key', `web1 ${RSA} ${blob(ED, 'a').toString('base64')}`, 'unknown'],
  ['a line without a key', 'web1 ssh-ed25519', 'unknown'],
]

for (const [title, text, expected] of table)
  test(`known_hosts with ${title}: ${expected}`, () => {
    assert.equal(verdict(text, ['web1'], ED, 'a'), expected)
  })

test('knownName() adds brackets and a port other than 22, and lower-cases the name', () => {
  assert.equal(knownName('Web1', 22), 'web1')
  assert.equal(knownName('Web1', 2222), '[web1]:2222')
  assert.equal(knownName('::1', 2222), '[::1]:2222')
  assert.equal(verdict(line('[web1]:2222', ED, 'a'), ['[web1]:2222', 'web1'], ED, 'a'), 'ok')
  assert.equal(verdict(line('[web1]:2223', ED, 'a'), ['[web1]:2222', 'web1'], ED, 'a'), 'unknown')
  assert.equal(verdict(line('web1', ED, 'a'), ['[web1]:2222', 'web1'], ED, 'a'), 'ok')
})

test('keyTypesFor() offers the algorithms of known keys first, and never SHA-1 or DSA', () => {
  const entries = parseKnownHosts(
    `${line('web1', RSA, 'a')}\n${line('web2', 'ecdsa-sha2-nistp256', 'b')}\n@revoked ${line('web3', RSA, 'a')}`,
    'f',
  )
  assert.deepEqual(keyTypesFor(entries, ['web1']).slice(0, 3), ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519'])
  assert.deepEqual(keyTypesFor(entries, ['web2']).slice(0, 2), ['ecdsa-sha2-nistp256', 'ssh-ed25519'])
  assert.deepEqual(keyTypesFor(entries, ['web3']), [...HOST_KEY_ALGORITHMS])
  for (const name of ['web1', 'web2', 'web3']) assert.equal(new Set(keyTypesFor(entries, [name])).size, HOST_KEY_ALGORITHMS.length)
  assert.ok(
    !(HOST_KEY_ALGORITHMS as readonly string[]).includes('ssh-rsa') && !(HOST_KEY_ALGORITHMS as readonly string[]).includes('ssh-dss'),
  )
})

test('a verdict names the file and line it comes from', () => {
  const found = judge(parseKnownHosts(`# one\n\n${line('web1', ED, 'b')}`, '/home/a/.ssh/known_hosts'), ['web1'], blob(ED, 'a'))
  assert.ok(found.is === 'changed')
  assert.deepEqual([found.entry.file, found.entry.line], ['/home/a/.ssh/known_hosts', 3])
})

test('names hashed by ssh-keygen -H are found, and fingerprints equal those of ssh-keygen -l', { skip: needs('ssh-keygen') }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-known-'))
  try {
    const key = join(dir, 'key')
    await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    const [type, base64] = readFileSync(`${key}.pub`, 'utf8').split(' ')
    const file = join(dir, 'known_hosts')
    writeFileSync(file, `web1 ${type} ${base64}\n[10.0.0.1]:2222 ${type} ${base64}\n`)
    await exec('ssh-keygen', ['-q', '-H', '-f', file])
    assert.ok(!readFileSync(file, 'utf8').includes('web1'))
    const bytes = Buffer.from(base64!, 'base64')
    for (const name of ['web1', '[10.0.0.1]:2222']) assert.equal(judge(readKnownHosts([file]), [name], bytes).is, 'ok')
    assert.equal(judge(readKnownHosts([file]), ['web2'], bytes).is, 'unknown')
    assert.ok((await exec('ssh-keygen', ['-lf', key])).includes(fingerprint(bytes)))
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('an added line stands on a line of its own, where ssh-keygen finds it', { skip: needs('ssh-keygen') }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-known-'))
  try {
    const file = join(dir, 'new', 'known_hosts')
    const key = blob(ED, 'x'.repeat(32))
    addKnownHost(file, 'web1', key, { hash: true })
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(join(dir, 'new')).mode & 0o777, 0o700)
    writeFileSync(file, readFileSync(file, 'utf8').trimEnd())
    addKnownHost(file, '[web2]:2222', key, { hash: false })
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 3)
    assert.match(await exec('ssh-keygen', ['-F', 'web1', '-f', file]), /line 1/)
    assert.match(await exec('ssh-keygen', ['-F', '[web2]:2222', '-f', file]), /line 2/)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('the parser accepts any text, and only a line with the key itself is ok', () => {
  const fragment = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'web1',
      '*',
      '!web1',
      '|1|',
      hashHost('web1'),
      ED,
      '@revoked',
      '@cert-authority',
      '#',
      ' ',
      '\t',
      '\n',
      '\r\n',
      blob(ED, 'b').toString('base64'),
    ),
  )
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 30 }), (parts) => {
      const text = parts.join('')
      const entries = parseKnownHosts(text, 'f')
      for (const entry of entries) assert.ok(entry.line >= 1 && entry.line <= text.split('\n').length)
      assert.notEqual(judge(entries, ['web1'], blob(ED, 'never-in-there')).is, 'ok')
    }),
  )
})

test('wildcards match like the equivalent regular expression', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?') }),
      fc.string({ unit: fc.constantFrom('a', 'b', '.') }),
      (pattern, name) => {
        fc.pre(pattern !== '')
        const expression = new RegExp(`^${pattern.replace(/\./g, '\\.').replace(/\*/g, '.*').replace(/\?/g, '.')}$`)
        assert.equal(matchesHost(pattern, name), expression.test(name))
      },
    ),
  )
})

test('CheckHostIP requires the address to have the same key as the name, or none', () => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-ip-'))
  try {
    const known = join(dir, 'known')
    const ask = (text: string, ip: string | undefined, more: { alias?: string; hostname?: string } = {}): string => {
      writeFileSync(known, text)
      const check = hostCheck({
        host: 'web1',
        address: 'web1:22',
        hostname: more.hostname ?? 'web1',
        port: 22,
        alias: more.alias,
        policy: 'yes',
        userFiles: [known],
        globalFiles: [],
        revokedFiles: [],
        ip: () => ip,
        hash: false,
        onWarning: undefined,
      })
      return check.verify(blob(ED, 'a')) ? 'in' : check.refusal()!.message
    }
    const name = `${line('web1,10.0.0.2', ED, 'a')}\n`
    assert.equal(ask(name, '10.0.0.1'), 'in')
    assert.equal(ask(name, '10.0.0.2'), 'in')
    const other = `${name}${line('10.0.0.1', ED, 'b')}\n`
    assert.match(ask(other, '10.0.0.1'), /is not that of its address 10\.0\.0\.1: it shows ED25519 SHA256:.*known:2 has ED25519 SHA256:/)
    assert.match(ask(`${name}${line('10.0.0.1', RSA, 'b')}\n`, '10.0.0.1'), /is not that of its address/)
    assert.match(ask(`${name}@revoked ${line('10.0.0.1', ED, 'a')}\n`, '10.0.0.1'), /is revoked at/)
    assert.equal(ask(other, undefined), 'in')
    assert.equal(ask(`${name}${line('127.0.0.1', ED, 'b')}\n`, '127.0.0.1'), 'in')
    assert.equal(ask(`${line('lab', ED, 'a')}\n${line('10.0.0.1', ED, 'b')}\n`, '10.0.0.1', { alias: 'lab' }), 'in')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test('a KRL with any bytes after its magic is read to the end or an error', () => {
  const magic = Buffer.from('SSHKRL\n\0')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, format) => {
      const krl = Buffer.concat([magic, ...(format ? [Buffer.from([0, 0, 0, 1]), Buffer.alloc(24 + 8)] : []), bytes])
      assert.ok(isKrl(krl))
      try {
        assert.equal(typeof krlRevokes(krl, blob(ED, 'a')), 'boolean')
      } catch (error) {
        assert.match((error as Error).message, /format|section|past its packet|out of range|outside buffer/i)
      }
    }),
    { numRuns: 2000 },
  )
})

test('readKnownHosts() sees what has changed since it last read the file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-known-hosts-'))
  try {
    const [file, missing] = [join(dir, 'known_hosts'), join(dir, 'no/known_hosts')]
    const names = () => readKnownHosts([file, missing, dir]).map((entry) => [entry.file, entry.patterns])
    assert.deepEqual(names(), [])
    writeFileSync(file, line('web1', ED, 'a'))
    assert.deepEqual(names(), [[file, 'web1']])
    assert.deepEqual(names(), [[file, 'web1']])
    writeFileSync(file, line('web2', ED, 'a'))
    assert.deepEqual(names(), [[file, 'web2']])
    rmSync(file)
    assert.deepEqual(names(), [])
  } finally {
    rmSync(dir, { recursive: true })
  }
})
