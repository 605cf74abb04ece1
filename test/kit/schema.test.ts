import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { secret, text } from '../../src/index.ts'
import { secretSchema } from '../../src/kit/index.ts'
import { isSecret, knownSecrets, reveal } from '../../src/values/secret.ts'
import { parseBySchema } from '../../src/config/parse-by-schema.ts'
import { problemsOf } from '../../src/settings/zod-problems.ts'

test('secretSchema takes a text or a secret, and gives a secret', () => {
  const schema = z.object({ token: secretSchema() })
  const { token } = schema.parse({ token: 'plain-1234' })
  assert.ok(isSecret(token) && knownSecrets().has('plain-1234'))
  assert.equal(reveal(token), 'plain-1234')
  for (const given of [secret('hidden-1234'), text`user:${secret('hidden-1234')}`])
    assert.equal(schema.parse({ token: given }).token, given)
})

test('secretSchema may be optional, and refuses anything but text', () => {
  const schema = z.object({ token: secretSchema(), other: secretSchema().optional() })
  assert.deepEqual(Object.keys(schema.parse({ token: 'x' })), ['token'])
  for (const [token, message] of [
    ['', 'expected text or a secret, found an empty text'],
    [5, 'expected text or a secret, found a number'],
    [null, 'expected text or a secret, found null'],
    [['a'], 'expected text or a secret, found a list'],
    [undefined, 'expected text or a secret, found nothing'],
  ] as const)
    assert.deepEqual(problemsOf(schema, { token }), [{ path: ['token'], message }])
})

test('the error about another setting does not show the text of a secret', () => {
  const schema = z.object({ token: secretSchema(), port: z.number() })
  problemsOf(schema, { token: 'shown-never-1', port: 'x' })
  assert.ok(knownSecrets().has('shown-never-1'))
})

test('secretSchema is a string in a JSON Schema, and on a command line', () => {
  assert.deepEqual(z.toJSONSchema(z.object({ token: secretSchema() }), { io: 'input', unrepresentable: 'any' }).properties, {
    token: { type: 'string' },
  })
  assert.deepEqual(
    ['a b', '12', 'true', '{"a":1}', 'null'].map((typed) => parseBySchema(typed, secretSchema())),
    ['a b', '12', 'true', '{"a":1}', 'null'],
  )
})
