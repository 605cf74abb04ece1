import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainPaint } from '../../src/output/colours.ts'
import { logLines } from '../../src/output/event-lines.ts'

const lines = (message: string, columns: number) => logLines({ at: 0, type: 'log', level: 'info', message }, plainPaint, columns)

test('a message of one line breaks between words, and its commands stay whole', () => {
  assert.deepEqual(lines('h1 was locked by anna since noon: a migration', 20), ['h1 was locked by', '  anna since noon: a', '  migration'])
  assert.deepEqual(lines('you chose it; again: shipit production deploy:rollback --release 1', 24), [
    'you chose it; again:',
    '  shipit production deploy:rollback --release 1',
  ])
  assert.deepEqual(lines('short enough', 12), ['short enough'])
  assert.deepEqual(lines('a file has no columns', Infinity), ['a file has no columns'])
})

test('a message of several lines, which may be a table, stays as it is', () => {
  assert.deepEqual(lines('host  weight\nh1         1', 8), ['host  weight', '  h1         1'])
})
