import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunEvent } from '../../src/events/types.ts'
import { createPlain } from '../../src/output/plain.ts'
import { plainPaint } from '../../src/output/paint.ts'
import { sink } from './sink.ts'

const shown = (events: readonly object[]): string => {
  const stdout = sink({ columns: 80 })
  const renderer = createPlain({ stdout, paint: plainPaint })
  for (const event of events) renderer.event({ at: 1, ...event } as RunEvent)
  return stdout.text
}
const warn = { type: 'log', level: 'warn', message: 'nothing to do' }
const end = { type: 'run:end', exit: 0, ms: 1, headline: 'nothing was done', live: [], next: [], warnings: [{ message: warn.message }] }
const times = (text: string): number => text.split('⚠ nothing to do').length - 1

test('a warning right above the end of a run is not said again, and the mark is that of a warning', () => {
  const text = shown([warn, { type: 'wave:end', wave: 1, ok: true, ms: 1 }, end])
  assert.equal(times(text), 1)
  assert.match(text, /⚠ nothing was done/)
})

test('a warning that other lines follow is repeated at the end', () => {
  assert.equal(times(shown([warn, { type: 'log', level: 'info', message: 'on it goes' }, end])), 2)
  const other = { ...end, warnings: [...end.warnings, { message: 'another', host: 'a1' }] }
  assert.equal(
    times(shown([{ ...warn, message: 'another', host: 'a1' }, { type: 'deploy', release: '1', revision: '', branch: '' }, warn, other])),
    2,
  )
})
