import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RunEvent } from '../../src/events/types.ts'
import { createJsonl } from '../../src/output/jsonl.ts'
import { runPhase } from '../../src/output/tree/listr.ts'
import { createLogFile } from '../../src/output/log-file.ts'
import { plainPaint } from '../../src/output/colours.ts'
import { createPlain } from '../../src/output/plain/plain.ts'
import { rowLines } from '../../src/output/data-table.ts'
import { createTree } from '../../src/output/tree/tree.ts'
import { width } from '../../src/values/width.ts'
import { sink } from './sink.ts'

const status = [
  {
    host: 'app-01.example.com',
    unit: 'sidekiq@critical.service',
    state: 'active',
    pid: 812,
    release: '20261125101112',
    MB: 512.5,
    busy: 10,
  },
  { host: 'w2', unit: 'sidekiq.service', state: 'dead', pid: null, release: '20261125101112', MB: null, busy: null },
]

test("a table has the first row's keys as headers, numbers aligned right, and - for null", () => {
  assert.deepEqual(rowLines(status, 200, plainPaint), [
    'host                unit                      state   pid  release            MB  busy',
    'app-01.example.com  sidekiq@critical.service  active  812  20261125101112  512.5    10',
    'w2                  sidekiq.service           dead      -  20261125101112      -     -',
  ])
})

test('a table of 80 columns cuts the longest texts and never a number', () => {
  const lines = rowLines(status, 80, plainPaint)
  assert.deepEqual(lines, [
    'host                unit                state   pid  release            MB  busy',
    'app-01.example.com  sidekiq@critical.…  active  812  20261125101112  512.5    10',
    'w2                  sidekiq.service     dead      -  20261125101112      -     -',
  ])
})

test('a table that would cut its texts too short becomes a block for each row', () => {
  const lines = rowLines(status, 50, plainPaint)
  assert.equal(lines.length, 15)
  assert.equal(lines[1], 'unit     sidekiq@critical.service')
  assert.equal(lines[7], '')
  assert.equal(lines[11], 'pid      -')
})

test('wide characters take two columns, control characters none, and a cell is one line', () => {
  const lines = rowLines(
    [
      { a: '漢字', b: 1 },
      { a: '\u001b[31mred\u001b[0m\u001b[2J\nnext', b: 22 },
    ],
    80,
    plainPaint,
  )
  assert.deepEqual(lines, ['a          b', '漢字       1', 'red next  22'])
  assert.equal(width(lines[1]!), width(lines[2]!))
})

test('a missing key is an empty cell, and a table without rows is empty', () => {
  assert.deepEqual(rowLines([{ a: 'x', b: 'y' }, { a: 'z' }], 80, plainPaint), ['a  b', 'x  y', 'z  -'])
  assert.deepEqual(rowLines([], 80, plainPaint), [])
})

const event: RunEvent = { at: 1, type: 'table', task: 'sidekiq:status', rows: status }

test('plain output and the tree fit a table to the terminal, and a pipe gets all of it', async () => {
  const [pipe, terminal] = [sink(), sink({ columns: 80 })]
  createPlain({ stdout: pipe, paint: plainPaint }).event(event)
  createPlain({ stdout: terminal, paint: plainPaint }).event(event)
  assert.match(pipe.text, /sidekiq@critical\.service/)
  assert.match(terminal.text, /sidekiq@critical\.… /)
  const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
  tree.event(event)
  await tree.end?.()
  assert.equal(stdout.text, terminal.text)
})

test('JSON lines have a table as data, and the log file each row with its keys', async () => {
  const stdout = sink()
  createJsonl(stdout).event(event)
  assert.deepEqual(JSON.parse(stdout.text).rows, status)
  const dir = mkdtempSync(join(tmpdir(), 'shipit-rows-'))
  try {
    const log = createLogFile({ path: join(dir, 'log'), argv: [] })
    log.event(event)
    await log.end?.()
    assert.match(readFileSync(join(dir, 'log'), 'utf8'), / sidekiq:status: host=w2 unit=sidekiq\.service state=dead pid=- /)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
