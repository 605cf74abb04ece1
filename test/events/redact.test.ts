import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLines } from '../../src/events/lines.ts'
import { createRedactor } from '../../src/events/redact.ts'
import { secret } from '../../src/values/secret.ts'

const redactor = (...values: string[]) => {
  const set = new Set(values)
  return createRedactor(() => set)
}

test('a secret is masked wherever it stands', () => {
  assert.equal(redactor('hunter22').text('pw=hunter22, again hunter22'), 'pw=[secret], again [secret]')
})

test('a secret is found in every form that tools write it in', () => {
  const value = `p'a"ss $w&ö/\\d`
  const { text } = redactor(value)
  const forms = [
    `'${value.replaceAll("'", String.raw`'\''`)}'`,
    encodeURIComponent(value),
    encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
    encodeURIComponent(value).replaceAll('%20', '+'),
    JSON.stringify(value),
    JSON.stringify(value).replaceAll('/', '\\/'),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
  ]
  for (const form of forms) assert.match(text(`<${form}>`), /^<['"]?\[secret\]=*['"]?>$/, form)
})

test('what a shell traces with set -x shows no secret', () => {
  const value = `it's $ecret`
  const traced = execFileSync('/bin/sh', ['-c', 'exec 2>&1; set -x; : "$1"; printf "%s\\n" "$1"', 'sh', value], { encoding: 'utf8' })
  const shown = traced
    .split('\n')
    .map((line) => redactor(value).text(line))
    .join('\n')
  assert.doesNotMatch(shown, /ecret(?!\])/)
  assert.equal(shown.match(/\[secret\]/g)?.length, 2 + 1)
})

test('base64 of a text that contains the secret does not give it away', () => {
  const value = 'correct-horse-battery'
  for (const before of ['', 'u:', 'ab:', 'user:']) {
    const shown = redactor(value).text(`Authorization: Basic ${Buffer.from(`${before}${value}\n`).toString('base64')}`)
    assert.match(shown, /\[secret\]/)
    assert.equal(
      Buffer.from(shown.replace(/.*Basic /, '').replace('[secret]', ''), 'base64')
        .toString()
        .includes('orse'),
      false,
    )
  }
})

test('each line of a secret with several lines is masked by itself', () => {
  const { text } = redactor('-----BEGIN KEY-----\nAAAAB3Nza\n}\nzzzz9999\n')
  assert.equal(text('key AAAAB3Nza'), 'key [secret]')
  assert.equal(text('zzzz9999'), '[secret]')
  assert.equal(text('function () { }'), 'function () { }')
})

test('a value under four characters is masked as a whole word only', () => {
  const { text } = redactor('ab', '7')
  assert.equal(text('ab table 7 seconds, 17 tables, ab.'), '[secret] table [secret] seconds, 17 tables, [secret].')
})

test('overlapping secrets leave no rest of either', () => {
  assert.equal(redactor('abcdef', 'defghi', 'abcd').text('xabcdefghix'), 'x[secret]x')
  assert.equal(redactor('aaaa').text('aaaaaa'), '[secret]')
})

test('colours in the middle of a secret do not hide it', () => {
  assert.equal(redactor('hunter22').text('pw hun\u001b[31mter22\u001b[0m'), 'pw [secret]')
})

test('passwords and tokens in URLs are masked', () => {
  const { text } = redactor()
  assert.equal(text('clone https://anna:s3cr@et@git.example.com/x.git'), 'clone https://anna:[secret]@git.example.com/x.git')
  assert.equal(text('redis://:pw@10.0.0.1:6379/0'), 'redis://:[secret]@10.0.0.1:6379/0')
  assert.equal(text('https://ghp_0123456789abcdef0123@github.com/x'), 'https://[secret]@github.com/x')
  for (const plain of ['ssh://git@example.com/x', 'https://example.com:8443/@a/b', 'git@github.com:a/b.git'])
    assert.equal(text(plain), plain)
  assert.equal(text(text('https://a:b@c')), 'https://a:[secret]@c')
})

test('every string of an event is redacted, and an event without secrets is handed on as it is', () => {
  const { deep } = redactor('hunter22', 'ok')
  const event = { type: 'failure', status: 'ok', failure: { output: ['a', 'hunter22'], nested: [{ hint: 'xhunter22' }], code: 3 } }
  assert.deepEqual(deep(event), {
    type: 'failure',
    status: 'ok',
    failure: { output: ['a', '[secret]'], nested: [{ hint: 'x[secret]' }], code: 3 },
  })
  const clean = { type: 'log', message: 'nothing here', list: ['a'] }
  assert.equal(deep(clean), clean)
})

test('a secret that is made later is masked from then on', () => {
  const { text } = createRedactor()
  assert.equal(text('late-comer-1'), 'late-comer-1')
  secret('late-comer-1')
  assert.equal(text('late-comer-1'), '[secret]')
})

const SIGNS = Array.from('abcAB019 \'"$\\/&+%=\n<>äé漢')

test('no secret survives in any surroundings', () => {
  const value = fc.string({ minLength: 4, maxLength: 40, unit: fc.constantFrom(...SIGNS) }).filter((v) => v.trim().length >= 4)
  fc.assert(
    fc.property(value, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (v, before, after) => {
      const shown = redactor(v).text(`${before}${v}${after}`)
      assert.equal(shown.replaceAll('[secret]', '\u0001').includes(v), false)
    }),
    { numRuns: 300 },
  )
})

test('a value that was broken at a blank, which is dropped, is masked on both lines', () => {
  const lines: string[] = []
  const reader = createLines((line) => lines.push(line), redactor('correct horse battery staple'))
  reader.write(Buffer.from('pw: correct horse battery\nstaple\nand more\n'))
  reader.end()
  assert.deepEqual(lines, ['pw: [secret]', '[secret]', 'and more'])
})

test('words that a secret begins or ends with are shown where they are words', () => {
  const { text } = redactor('production-password-1', 'postgres://shop:s3cr3tpw@db1.example.com/shop_production')
  for (const plain of [
    'deploying to production',
    'production',
    'password: wrong',
    '1 file',
    'db1.example.com is up',
    'shop_production',
    'postgres://x',
  ])
    assert.equal(text(plain), plain)
  assert.equal(text('shop has s3cr3tpw'), 'shop has [secret]')
})

test('the password of an address that is a secret is masked by itself, as it stands there and without its encoding', () => {
  const { text } = redactor('mysql://me:p%40ss%2Fword@h/db')
  assert.equal(text('p%40ss%2Fword and p@ss/word'), '[secret] and [secret]')
})
