import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { answerWith, recordAnswer } from '../../src/config/answers.ts'
import { ask, askSecret } from '../../src/config/ask.ts'
import { collectEnvErrorsSync, questionsOf } from '../../src/config/env-issues.ts'
import { env } from '../../src/config/env.ts'
import { createRedactor } from '../../src/redact/redact.ts'
import type { StageContext } from '../../src/settings/types.ts'
import { ShipitError } from '../../src/values/errors.ts'
import { reveal } from '../../src/values/secret.ts'

const c: StageContext = {
  stage: 'test',
  application: 'shop',
  deployTo: '/srv',
  vars: {},
  local: { user: 'anna', hostname: 'here', branch: 'main' },
}
afterEach(() => answerWith('stand-ins'))

/** The error of an evaluation. */
const errorOf = (evaluate: () => unknown): ShipitError => {
  try {
    collectEnvErrorsSync(evaluate)
  } catch (error) {
    if (error instanceof ShipitError) return error
    throw error
  }
  throw new Error('it did not fail')
}

test('questions without an answer are one error, which lists what a person can be asked', () => {
  answerWith('person')
  const error = errorOf(() => [ask('b', { message: 'Which?' })(c), ask('a', { default: ({ stage }) => stage })(c), reveal(askSecret('s'))])
  assert.equal(error.message, 'there is no answer for: b (Which?), a, s')
  assert.equal(error.hint, 'answer with --answer b=… --answer a=… --answer s=…')
  assert.deepEqual(
    questionsOf(error).map(({ name, secret, default: preset }) => [name, secret, preset]),
    [
      ['b', false, undefined],
      ['a', false, 'test'],
      ['s', true, undefined],
    ],
  )
})

test('an error about variables too is not for a person to answer', () => {
  answerWith('person')
  const error = errorOf(() => [ask('b')(c), env('SHIPIT_TEST_UNSET')])
  assert.equal(error.message, 'the environment variable SHIPIT_TEST_UNSET is not set; there is no answer for: b')
  assert.match(error.hint!, /^the config reads it with env\(\): export SHIPIT_TEST_UNSET=…\nanswer with --answer b=…$/)
  assert.deepEqual(questionsOf(error), [])
})

test('a question is the fallback of a variable, and asked for only where the setting is read', () => {
  answerWith('person')
  const branch = ask('branch')
  assert.equal(env('SHIPIT_TEST_UNSET', branch), branch)
  assert.equal(env('HOME', branch), process.env['HOME'])
})

test('an answer is taken from the command line, then from a person, then from the default', () => {
  const size = ask('size', { choices: ['small', 'large'], default: 'small' })
  answerWith('defaults')
  assert.equal(size(c), 'small')
  answerWith('defaults', new Map([['size', 'large']]))
  assert.equal(size(c), 'large')
  answerWith('person')
  recordAnswer({ name: 'size', message: 'size', secret: false }, 'large')
  assert.equal(size(c), 'large')
  answerWith('defaults')
  assert.match(errorOf(() => ask('size', { default: 'small', unattended: 'fail' })(c)).message, /there is no answer for: size/)
  answerWith('defaults', new Map([['size', 'huge']]))
  assert.throws(() => size(c), /--answer size=…: it must be one of small, large/)
})

test('the answer to askSecret is masked from when it is used', () => {
  answerWith('defaults', new Map([['token', 'swordfish']]))
  assert.equal(reveal(askSecret('token')), 'swordfish')
  assert.equal(createRedactor().text('a swordfish'), 'a [secret]')
  answerWith('defaults', new Map([['token', '']]))
  assert.throws(() => reveal(askSecret('token')), /--answer token=…: it is empty/)
})

test('a stage that runs nothing needs no answers', () => {
  assert.equal(ask('a')(c), '(asked for: a)')
  assert.equal(ask('a', { choices: ['x', 'y'] })(c), 'x')
  assert.equal(ask('a', { default: ({ local }) => local.user })(c), 'anna')
})

test('a name that cannot be typed after --answer is refused', () => {
  for (const bad of ['', 'two words', 'a=b', 'ä']) {
    assert.throws(() => ask(bad), /^TypeError: ask\(\) takes a name of letters.*: ask\('name', \{ message: 'Which name\?' \}\)$/)
    assert.throws(() => askSecret(bad), /askSecret\(\) takes a name/)
  }
})
