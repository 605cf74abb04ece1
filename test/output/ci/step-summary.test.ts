import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft, RunEvent } from '../../../src/events/types.ts'
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

const none = { count: 0, authors: '', newest: [] }
/** The summary of a deploy that brings these commits. */
const deployOf = (...commits: Partial<Extract<Draft, { type: 'commits' }>>[]): string => {
  const run = record()
  begin(run, ['a1', 'a2'])
  for (const one of commits)
    run.add({ type: 'commits', hosts: ['a1', 'a2'], from: '1234567890', to: '4a5b6c7d8e', added: none, removed: none, ...one })
  run.add({ type: 'run:end', exit: 0, ms: 5, headline: 'done', live: [], next: [] })
  return summaryOf(run.events)!
}
const commit = (subject: string, author = 'Ada Lovelace') => ({ commit: 'abcdef0123456789', author, subject })

test('a deploy lists its new commits, with their number, authors and a page that compares them', () => {
  const added = {
    count: 22,
    authors: 'Ada Lovelace (21), Grace Hopper',
    newest: [commit('Mend the roof'), commit('Mend the gate', 'Grace Hopper')],
  }
  const text = deployOf({ added, compare: 'https://github.com/acme/shop/compare/1234567890...4a5b6c7d8e' })
  assert.ok(
    text.includes(
      [
        '**22 new commits** since `1234567`, by Ada Lovelace (21), Grace Hopper ([compare](https://github.com/acme/shop/compare/1234567890...4a5b6c7d8e))',
        '',
        '- `abcdef0` Mend the roof (Ada Lovelace)',
        '- `abcdef0` Mend the gate (Grace Hopper)',
        '- and 20 older commits',
        '',
      ].join('\n'),
    ),
    text,
  )
})

test('a subject is shown as it is written, whatever Markdown, HTML, formula or mention is in it', () => {
  const subject = 'Fix | `x` <b>@ada</b> *y* [z](http://evil.example) $1$ ~~no~~ # \n- more'
  const added = { count: 1, authors: 'Eve @acme/all', newest: [commit(subject, 'Eve @acme/all')] }
  const text = deployOf({ added })
  assert.ok(
    text.includes(
      '- `abcdef0` Fix \\| \\`x\\` &lt;b&gt;@\u200bada&lt;/b&gt; \\*y\\* \\[z\\](http://evil.example) \\$1\\$ \\~\\~no\\~\\~ \\#',
    ),
    text,
  )
  assert.doesNotMatch(text, /@[a-z]/)
  assert.equal(text.match(/^- /gm)?.length, 1)
})

test('hosts with different commits live have a list each, and commits that go are counted', () => {
  const one = { count: 1, authors: 'Ada', newest: [commit('Mend the roof', 'Ada')] }
  const text = deployOf({ hosts: ['a1'], added: one }, { hosts: ['a2'], from: 'fedcba9876', removed: { ...one, count: 2 } })
  assert.match(text, /^\*\*1 new commit\*\* on a1 since `1234567`, by Ada$/m)
  assert.match(text, /^No new commit on a2 since `fedcba9`$/m)
  assert.match(text, /^\*\*2 commits\*\* that were live on a2 and not in this deploy, by Ada$/m)
})
