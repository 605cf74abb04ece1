import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLineSplitter } from '../../src/events/line-splitter.ts'
import { createRedactor } from '../../src/redact/redact.ts'
import { secret } from '../../src/values/secret.ts'

const redactor = (...values: string[]) => {
  const set = new Set(values)
  return createRedactor(() => set)
}

test('a secret is masked wherever it occurs', () => {
  assert.equal(redactor('hunter22').text('pw=hunter22, again hunter22'), 'pw=[secret], again [secret]')
})

test('a secret is masked in every encoding of common tools', () => {
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

test('the trace of set -x shows no secret', () => {
  const value = `it's $ecret`
  const traced = execFileSync('/bin/sh', ['-c', 'exec 2>&1; set -x; : "$1"; printf "%s\\n" "$1"', 'sh', value], { encoding: 'utf8' })
  const shown = traced
    .split('\n')
    .map((line) => redactor(value).text(line))
    .join('\n')
  assert.doesNotMatch(shown, /ecret(?!\])/)
  assert.equal(shown.match(/\[secret\]/g)?.length, 2 + 1)
})

test('base64 of a text that contains a secret does not reveal it', () => {
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

test('each line of a secret with several lines is masked', () => {
  const { text } = redactor('-----BEGIN KEY-----\nAAAAB3Nza\n}\nzzzz9999\n')
  assert.equal(text('key AAAAB3Nza'), 'key [secret]')
  assert.equal(text('zzzz9999'), '[secret]')
  assert.equal(text('function () { }'), 'function () { }')
})

test('a secret under four characters is masked only as a whole word', () => {
  const { text } = redactor('ab', '7')
  assert.equal(text('ab table 7 seconds, 17 tables, ab.'), '[secret] table [secret] seconds, 17 tables, [secret].')
})

test('overlapping secrets leave no part of either', () => {
  assert.equal(redactor('abcdef', 'defghi', 'abcd').text('xabcdefghix'), 'x[secret]x')
  assert.equal(redactor('aaaa').text('aaaaaa'), '[secret]')
})

test('colours inside a secret do not hide it', () => {
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

test('every string of an event is redacted, and an event without secrets is returned as it is', () => {
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

test("columns of a user's table are masked, whatever their names", () => {
  const { deep } = redactor('hunter22')
  for (const column of ['type', 'status', 'level', 'stream', 'state', 'step', 'run', 'live']) {
    const row = { host: 'a', [column]: 'DB=hunter22' }
    assert.deepEqual(deep({ type: 'table', task: 't', rows: [row] }), {
      type: 'table',
      task: 't',
      rows: [{ ...row, [column]: 'DB=[secret]' }],
    })
    assert.deepEqual(deep({ type: 'table', rows: [{ [column]: secret('of a table') }] }).rows[0], { [column]: '[secret]' })
  }
})

test('the name of a column is masked too', () => {
  const { deep } = redactor('hunter22')
  assert.deepEqual(deep({ type: 'table', task: 't', rows: [{ 'user hunter22': 3 }] }).rows, [{ 'user [secret]': 3 }])
})

test('columns whose names are secrets stay apart, in the same columns in every row', () => {
  const { deep } = redactor('hunter22', 'sesame77')
  const rows = [
    { host: 'a', hunter22: 1, '[secret] (2)': 'x', sesame77: 2 },
    { host: 'b', sesame77: 4, hunter22: 'hunter22' },
  ]
  assert.deepEqual(deep({ type: 'table', task: 't', rows }).rows, [
    { host: 'a', '[secret]': 1, '[secret] (2)': 'x', '[secret] (3)': 2 },
    { host: 'b', '[secret] (3)': 4, '[secret]': '[secret]' },
  ])
  const clean = { type: 'table', task: 't', rows: [{ host: 'a' }, { host: 'b' }] }
  assert.equal(deep(clean), clean)
})

test('a secret that equals a word of shipit changes no such word', () => {
  const { deep } = redactor('same', 'failed', 'warn')
  const event = { type: 'run:end', live: [{ host: 'a', state: 'same' }], headline: 'failed' }
  assert.deepEqual(deep(event), { ...event, headline: '[secret]' })
  const end = { type: 'step:end', status: 'failed', step: 'same' }
  assert.equal(deep(end), end)
})

test('a secret that is created later is masked from then on', () => {
  const { text } = createRedactor()
  assert.equal(text('late-comer-1'), 'late-comer-1')
  secret('late-comer-1')
  assert.equal(text('late-comer-1'), '[secret]')
})

const SIGNS = Array.from('abcAB019 \'"$\\/&+%=\n<>äé漢')

test('no secret is left in any surrounding text', () => {
  const value = fc.string({ minLength: 4, maxLength: 40, unit: fc.constantFrom(...SIGNS) }).filter((v) => v.trim().length >= 4)
  fc.assert(
    fc.property(value, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (v, before, after) => {
      const shown = redactor(v).text(`${before}${v}${after}`)
      assert.equal(shown.replaceAll('[secret]', '\u0001').includes(v), false)
    }),
    { numRuns: 300 },
  )
})

test('a secret that is broken at a blank is masked on both lines', () => {
  const lines: string[] = []
  const reader = createLineSplitter((line) => lines.push(line), redactor('correct horse battery staple'))
  reader.write(Buffer.from('pw: correct horse battery\nstaple\nand more\n'))
  reader.end()
  assert.deepEqual(lines, ['pw: [secret]', '[secret]', 'and more'])
})

test('words that a secret begins or ends with are still shown as words', () => {
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

test('the password in a secret address is masked by itself, encoded or not', () => {
  const { text } = redactor('mysql://me:p%40ss%2Fword@h/db')
  assert.equal(text('p%40ss%2Fword and p@ss/word'), '[secret] and [secret]')
})
