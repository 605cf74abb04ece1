import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseRecord } from '../../src/facts/record.ts'
import { TREATMENTS } from '../../src/facts/release-states.ts'
import { root } from './source.ts'

/** The rows of the table under this head, cell by cell. */
const table = (page: string, head: string): string[][] => {
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  const at = lines.findIndex((line) => line.startsWith(head))
  assert.ok(at >= 0, `${page} has no table ${head}`)
  const end = lines.findIndex((line, i) => i > at && !line.startsWith('|'))
  return lines.slice(at + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

const rows = Object.entries(TREATMENTS).map(([state, { cleanUp, rollback, byName, doctor }]) => [
  state,
  cleanUp,
  rollback,
  byName ? 'goes there' : 'refused',
  doctor.live ?? '-',
  doctor.other ?? '-',
])

for (const page of ['docs/releases.md', 'ARCHITECTURE.md']) {
  test(`${page} has the clean-up and the rollback of each release state as in the code`, () => {
    assert.deepEqual(table(page, '| state | clean-up |').sort(), rows.toSorted())
  })
}

test('docs/releases.md explains every state', () => {
  assert.deepEqual(
    table('docs/releases.md', '| state | what it means |')
      .map(([state]) => state)
      .sort(),
    Object.keys(TREATMENTS).sort(),
  )
})

test('the record in docs/releases.md has every line that a record can have, and parses', () => {
  const [, lines = ''] = /^```\n(bad\n[^]*?)\n```$/m.exec(readFileSync(join(root, 'docs/releases.md'), 'utf8')) ?? []
  const record = parseRecord(lines.split('\n'))
  assert.ok(record)
  assert.deepEqual(
    Object.entries(record).filter(([, value]) => value === undefined),
    [],
  )
  assert.equal(lines.split('\n').length, Object.keys(record).length)
})
