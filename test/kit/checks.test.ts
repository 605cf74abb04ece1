import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSteps, type Check } from '../../src/kit/index.ts'
import { hintOf } from '../support/context.ts'

const check = (name: string, more: Partial<Check> = {}): Check => ({
  level: 'error',
  message: `${name} is wrong`,
  remedy: `mend ${name}`,
  ...more,
})
const messages = (...checks: readonly Check[]) =>
  checkSteps('look', checks).map((step) => ({ ...step.spec.message, title: step.spec.title, hint: hintOf(step, {}) }))

test('all checks that block are one failure, with each remedy once', () => {
  assert.deepEqual(messages(check('a'), check('b'), check('c', { remedy: 'mend a' })), [
    { level: 'error', text: 'a is wrong\nb is wrong\nc is wrong', title: 'look', hint: 'mend a\nmend b' },
  ])
})

test('an error that does not block is a warning, and a warning that does not block is left to doctor', () => {
  assert.deepEqual(messages(check('a', { blocks: false }), check('b', { level: 'warning' })), [
    { level: 'warning', text: 'a is wrong: mend a', title: 'look', hint: undefined },
  ])
})

test('a warning may block', () => {
  assert.deepEqual(
    messages(check('a', { level: 'warning', blocks: true })).map(({ level }) => level),
    ['error'],
  )
})

test('checkSteps() without a problem returns no step', () => {
  assert.deepEqual(checkSteps('look', []), [])
})
