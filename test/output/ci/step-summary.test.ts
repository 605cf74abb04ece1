import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunEvent } from '../../../src/events/types.ts'
import { createStepSummary } from '../../../src/output/ci/step-summary.ts'
import { begin, live, record } from '../runs.ts'

const summaryOf = (events: readonly RunEvent[]): string | undefined => {
  const summary = createStepSummary()
  for (const event of events) summary.event(event)
  return summary.markdown()
}

test('a run that never ended has no summary', () => {
  const run = record()
  begin(run, ['a1'])
  assert.equal(summaryOf(run.events), undefined)
})

test('a host has the time from its first task to the end of its last', () => {
  const run = record()
  begin(run, ['a1', 'a2'])
  run.add({ type: 'task:start', host: 'a1', task: 'app:x', wave: 1 })
  run.wait(2000)
  run.add({ type: 'task:end', host: 'a1', task: 'app:x', wave: 1, ok: true, ms: 2000 })
  run.add({ type: 'task:start', host: 'a1', task: 'app:y', wave: 2 })
  run.wait(1500)
  run.add({ type: 'task:end', host: 'a1', task: 'app:y', wave: 2, ok: true, ms: 1500 })
  run.add({ type: 'run:end', exit: 0, ms: 5, headline: 'done', live: [live('a1', 'switched'), live('a2', 'same')], next: [] })
  const text = summaryOf(run.events)!
  assert.match(text, /^\| a1 \| `\d{14}` \| `4a5b6c7` \| switched \| 3\.5s \|$/m)
  assert.match(text, /^\| a2 \| .* \| as before \| {2}\|$/m)
})

test('a rollback is called one', () => {
  const run = record()
  begin(run, ['a1'], 'deploy:rollback')
  run.add({ type: 'deploy', release: '20261124080000', revision: '1234567890', branch: '' })
  run.add({ type: 'run:end', exit: 0, ms: 5, headline: 'done', live: [], next: [] })
  assert.match(summaryOf(run.events)!, /^Rollback to release `20261124080000` \(`1234567`\), by anna$/m)
})

test('a summary of hundreds of hosts and failures stays far below 1 MiB, and counts what is left out', () => {
  const run = record()
  const hosts = Array.from({ length: 500 }, (_, i) => `host-${i}.example.com`)
  begin(run, hosts)
  const output = Array.from({ length: 40 }, () => 'x'.repeat(1000))
  for (const host of hosts) run.add({ type: 'failure', failure: { reason: `exit 1 of ${host}`, output, task: 'app:x', host } })
  run.add({ type: 'run:end', exit: 1, ms: 5, headline: 'failed', live: hosts.map((host) => live(host, 'same')), next: [] })
  const text = summaryOf(run.events)!
  assert.ok(text.length < 250_000, String(text.length))
  assert.match(text, /^\| and 300 more \|/m)
  assert.match(text, /480 more failures are in the log\./)
})
