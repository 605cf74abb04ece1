import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRedactor } from '../../src/redact/redact.ts'
import { excerpt, masked } from '../../src/redact/mask.ts'
import { visible } from '../../src/redact/visible.ts'
import { describeValue } from '../../src/settings/zod-problems.ts'
import { flattenSteps } from '../../src/plan/flatten-steps.ts'
import { secret, sh } from '../../src/index.ts'
import { recent } from '../../src/transport/session/shell.ts'
import { SECRETS, showsNoSecret, WRITTEN } from '../support/secret-parts.ts'

const messageOf = (made: () => unknown): string => {
  try {
    made()
  } catch (error) {
    return (error as Error).message
  }
  return assert.fail('nothing was thrown')
}

test('excerpt() masks a secret before it cuts, wherever the cut is', () => {
  for (const text of WRITTEN)
    for (let before = 0; before < 70; before++) {
      const long = `${'z'.repeat(before)}${text} ${'z'.repeat(70)}`
      showsNoSecret(excerpt(long, 60), 'an excerpt')
      showsNoSecret(describeValue(long), 'an error of the config')
      showsNoSecret(
        messageOf(() => flattenSteps([long as never])),
        'an error of steps',
      )
      showsNoSecret(
        messageOf(() => sh`echo ${`${long}\0`}`),
        'an error of a word',
      )
      const noise = recent(60)
      noise.add(Buffer.from(`${text}${'z'.repeat(before)}`))
      showsNoSecret(noise.text(), 'what a shell printed')
    }
  assert.equal(excerpt('abc😀def', 4), 'abc…')
  assert.equal(masked(`a ${SECRETS[0]} b`), 'a [secret] b')
})

test('a secret is masked as a shell prints it without quotes, with other blanks', () => {
  const redactor = createRedactor(() => new Set([' tab\tand  two blanks ']))
  for (const shown of ['tab and two blanks', 'tab\tand  two blanks', 'tab and  two blanks']) assert.equal(redactor.text(shown), '[secret]')
})

test('the error that refuses a secret with a NUL byte shows no part of it', () => {
  const message = messageOf(() => sh`echo ${secret(`qW3rty-\0${'uI9op'.repeat(20)}`)}`)
  assert.doesNotMatch(message, /qW3r|uI9o/)
})

test('visible() shows control characters as escapes, except newlines and tabs', () => {
  assert.equal(visible('a\u001b[1m\r\n\tb\u0085\u202e ü'), 'a\\x1b[1m\\x0d\n\tb\\x85\\u202e ü')
})
