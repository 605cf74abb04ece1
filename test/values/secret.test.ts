import assert from 'node:assert/strict'
import { format, inspect } from 'node:util'
import { test } from 'node:test'
import { ShipitError } from '../../src/values/errors.ts'
import { path } from '../../src/values/path.ts'
import { holdsSecret, isSecret, maskedText, asSecretIfReplaced, reveal, secret, text } from '../../src/values/secret.ts'

const password = secret(`p'w "$x`)
const any = password as unknown as string

const WAYS: Readonly<Record<string, () => unknown>> = {
  'a template literal': () => `PASSWORD=${any}`,
  '+ behind a text': () => 'PASSWORD=' + any,
  '+ before a text': () => any + '\n',
  'String()': () => String(any),
  '.toString()': () => any.toString(),
  '.toLocaleString()': () => (password as unknown as Date).toLocaleString(),
  'join of a list': () => ['PASSWORD', any].join('='),
  'concat of a text': () => 'PASSWORD='.concat(any),
  'replace in a text': () => 'PASSWORD=@'.replace('@', any),
  'JSON.stringify': () => JSON.stringify({ deep: [{ password }] }),
  encodeURIComponent: () => encodeURIComponent(any),
  URLSearchParams: () => new URLSearchParams({ password: any }),
  URL: () => new URL(any, 'http://x'),
  'Buffer.from': () => Buffer.from(any),
  'a key of an object': () => ({ [any]: 1 }),
  'an error': () => new Error(any),
  'Number()': () => Number(any),
  'console.log with %s': () => format('%s', any),
}

for (const [way, make] of Object.entries(WAYS))
  test(`a secret that becomes a string by ${way} throws with what to write instead`, () => {
    assert.throws(make, (error: unknown) => {
      assert.ok(error instanceof ShipitError, String(error))
      assert.match(error.message, /^a secret was turned into (a string|JSON), where it would be lost or shown$/)
      assert.match(error.hint!, /text`PASSWORD=\$\{password\}`/)
      assert.match(error.stack!, /secret\.test\.ts/)
      return true
    })
  })

test('inspect shows a secret as [secret], and text with its secrets masked', () => {
  assert.equal(inspect({ password }), '{ password: [secret] }')
  assert.equal(format(password), '[secret]')
  assert.equal(inspect(text`A=${password} B=1`), 'A=[secret] B=1')
})

test('text keeps every byte of its parts, and masks the secrets in it, those of nested texts too', () => {
  const line = text`PASSWORD=${password}\n`
  const whole = text`PORT=${80}\n${line}HOME=${path('~/x')}\n\tTWO=${'b'}${password}`
  assert.equal(reveal(whole), `PORT=80\nPASSWORD=p'w "$x\nHOME=~/x\n\tTWO=bp'w "$x`)
  assert.equal(maskedText(whole), 'PORT=80\nPASSWORD=[secret]\nHOME=~/x\n\tTWO=b[secret]')
  assert.ok(isSecret(whole) && holdsSecret(whole) && holdsSecret(password))
  assert.ok(!holdsSecret(text`PORT=${80}`) && !holdsSecret('x'))
})

test('text refuses a value without an obvious string form', () => {
  for (const [given, what] of [
    [undefined, 'undefined'],
    [null, 'null'],
    [Number.NaN, 'NaN'],
    [true, 'of type boolean'],
    [['a'], 'of type object'],
    [{ __secret: true }, 'of type object'],
  ])
    assert.throws(() => text`${1} ${given as string}`, new RegExp(`interpolation 2 of text.* is ${what as string}`))
})

test('secret() accepts a non-empty string, and returns a secret as it is', () => {
  assert.throws(() => secret(''), /empty/)
  for (const given of [null, 7, {}]) assert.throws(() => secret(given as never), /needs a string, and got/)
  assert.throws(() => secret(undefined as never), /got undefined\. For a variable of the environment, env\.secret\('NAME'\)/)
  assert.equal(secret(password as never), password)
})

test('replacing() makes what replaces a secret a secret, in objects too, and returns anything else as it is', () => {
  const after = asSecretIfReplaced(
    { url: password, port: 1, deep: { a: password } },
    { url: 'redis://:pw@h', port: 2, deep: { a: 7, b: 'x' } },
  )
  const { url, deep, port } = after as { url: typeof password; port: number; deep: { a: typeof password; b: string } }
  assert.deepEqual([reveal(url), reveal(deep.a), deep.b, port], ['redis://:pw@h', '7', 'x', 2])
  assert.equal(reveal(asSecretIfReplaced(() => secret('of an environment'), 'late') as typeof password), 'late')
  const same = { a: { b: 1 } }
  assert.equal(asSecretIfReplaced({ a: { b: 2 } }, same), same)
  for (const [before, given] of [
    ['x', 'y'],
    [undefined, 'y'],
    [() => 'y', 'y'],
    [password, ''],
    [password, null],
    [password, true],
  ])
    assert.equal(asSecretIfReplaced(before, given), given)
})
