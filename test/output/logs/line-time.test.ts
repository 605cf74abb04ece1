import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineTime } from '../../../src/output/logs/line-time.ts'

const NOON = Date.UTC(2026, 10, 30, 12, 0, 1)

test('lineTime reads the times that programs write', () => {
  for (const [line, zone, time] of [
    ['I, [2026-11-30T12:00:01.250000 #4711]  INFO -- : started', 0, NOON + 250],
    ['I, [2026-11-30T13:00:01.250000 #4711]  INFO -- : started', 60, NOON + 250],
    ['2026-11-30T12:00:01+0000 web1 puma[42]: Listening', 120, NOON],
    ['2026-11-30T17:30:01+05:30 x', 0, NOON],
    ['2026-11-30T12:00:01Z x', 60, NOON],
    ['2026-11-30 12:00:01,5 x', 0, NOON + 500],
    ['Started GET "/" for 10.0.0.1 at 2026-11-30 12:00:01 +0000', 60, NOON],
    ['10.0.0.1 - - [30/Nov/2026:13:00:01 +0100] "GET / HTTP/1.1" 200', 0, NOON],
    ['2026/11/30 04:00:01 [error] 1#1: x', -480, NOON],
    ['{"time":"2026-11-30T12:00:01.000Z","msg":"x"}', 60, NOON],
  ] as const)
    assert.equal(lineTime(line, zone), time, line)
})

test('lineTime finds no time in a line without one, or far behind its start', () => {
  for (const line of ['', '  app/models/user.rb:12', '12:00:01 x', `${'x'.repeat(240)} 2026-11-30T12:00:01Z`])
    assert.equal(lineTime(line, 0), undefined, line)
})
