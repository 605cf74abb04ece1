import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shownText } from '../../src/cli/shown-value.ts'

test('a value without JSON of its own is shown as text, and a gap in a list as null', () => {
  const shown = (value: unknown): string => shownText(value, (text) => text)
  assert.deepEqual([Number.NaN, -Infinity, 1.5].map(shown), ['NaN', '-Infinity', '1.5'])
  const gap: unknown[] = [1]
  gap[2] = 3
  assert.equal(shown(gap), '[1, null, 3]')
})
