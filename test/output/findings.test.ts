import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft, LiveRelease } from '../../src/events/types.ts'
import { createJsonl } from '../../src/output/jsonl.ts'
import { runPhase } from '../../src/output/tree/listr.ts'
import { logText } from '../../src/output/log-text.ts'
import { plainPaint } from '../../src/output/colours.ts'
import { createPlain } from '../../src/output/plain/plain.ts'
import { createTree } from '../../src/output/tree/tree.ts'
import { record } from './runs.ts'
import { sink } from './sink.ts'

const finding = (host: string | undefined, level: 'error' | 'warning', message: string, remedy: string): Draft => ({
  type: 'finding',
  host,
  recipe: 'core',
  level,
  message,
  remedy,
})
const examined = (exit: number, headline: string, ...findings: readonly Draft[]) => {
  const run = record()
  const hosts = ['web-1', 'web-2', 'gone']
  run.add({
    type: 'run:start',
    run: 'r',
    stage: 'production',
    application: 'shop',
    tasks: ['doctor'],
    hosts: hosts.map((host) => ({ host, address: host })),
    user: 'anna',
    version: '1',
  })
  run.add({ type: 'wave:start', wave: 1, title: 'examine', tasks: ['doctor'], hosts })
  for (const host of hosts) run.add({ type: 'host:connecting', host, attempt: 1 })
  for (const host of hosts.slice(0, 2))
    run.add({ type: 'host:connected', host, ms: 10 }, { type: 'facts', host, ms: 10, live: undefined, revision: undefined })
  if (exit === 3)
    run.add({ type: 'failure', failure: { host: 'gone', reason: 'cannot connect to gone:22: no answer', output: [], hint: 'is it up?' } })
  run.add({ type: 'wave:end', wave: 1, ok: exit !== 3, ms: 20 }, ...findings, {
    type: 'run:end',
    exit,
    ms: 20,
    headline,
    live: [],
    next: [],
  })
  return run.events
}
const long = 'Redis does not answer at redis://127.0.0.1:6379/0, so that Sidekiq can neither fetch jobs nor be drained'
const ill = examined(
  3,
  '1 host could not be examined; 4 findings on 2 hosts',
  finding('web-1', 'error', long, 'sudo systemctl start redis\nlook at journalctl -u redis'),
  finding('web-2', 'error', long, 'sudo systemctl start redis\nlook at journalctl -u redis'),
  finding(undefined, 'warning', 'the hosts\u001b[2J are on different releases', `deploy ${'one after the other '.repeat(4).trim()}`),
)
const plain = (events: typeof ill, columns?: number): string => {
  const stdout = sink(columns === undefined ? {} : { columns })
  const renderer = createPlain({ stdout, paint: plainPaint })
  for (const event of events) renderer.event(event)
  return stdout.text
}
const END = `
web-1, web-2
  ✖ Redis does not answer at redis://127.0.0.1:6379/0, so that Sidekiq can
    neither fetch jobs nor be drained
    → sudo systemctl start redis
      look at journalctl -u redis

all hosts
  ⚠ the hosts are on different releases
    → deploy one after the other one after the other one after the other one
      after the other

✖ on gone: cannot connect to gone:22: no answer
  → is it up?

✖ 1 host could not be examined; 4 findings on 2 hosts (20ms)
`

test('findings are listed under their hosts, grouped for equal hosts, each with its remedy', () => {
  assert.ok(plain(ill, 80).endsWith(END), plain(ill, 80))
  assert.ok(plain(ill).includes(`  ✖ ${long}\n    → sudo`))
})

test('the tree shows the same findings, and the hosts that could not be examined', async () => {
  const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
  for (const event of ill) tree.event(event)
  await tree.end?.()
  assert.ok(stdout.text.endsWith(END), stdout.text)
  assert.match(stdout.text, /✖ examine 3 hosts .*\n.*✖ gone {2}cannot connect to gone:22: no answer/)
})

test('a doctor without findings prints one line, and one with only warnings is marked as a warning', () => {
  assert.match(plain(examined(0, 'nothing found: 2 hosts, 20 checks')), /\n\n✔ nothing found: 2 hosts, 20 checks \(20ms\)\n$/)
  const warned = plain(examined(0, '1 finding on 1 host', finding('web-1', 'warning', 'late', 'wait')))
  assert.match(warned, /\nweb-1\n {2}⚠ late\n {4}→ wait\n\n⚠ 1 finding on 1 host \(20ms\)\n$/)
})

test('a command in a remedy is never broken over lines', async () => {
  const command = 'scp -F ~/deploy/ssh_config -P 2222 .env deploy@app-1.example.org:srv/shop/shared/.env'
  const shown = plain(examined(1, '1 finding', finding('web-1', 'error', 'a', `put it there: ${command}`)), 80)
  assert.ok(shown.includes(`    → put it there:\n      ${command}\n`), shown)
  const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
  for (const event of examined(1, '1 finding', finding('web-1', 'error', 'a', `put it there: ${command}`))) tree.event(event)
  await tree.end?.()
  assert.ok(stdout.text.includes(`      ${command}\n`), stdout.text)
})

test('JSON lines have each finding as it is, and the log file has its remedy', () => {
  const stdout = sink()
  const jsonl = createJsonl(stdout)
  for (const event of ill) jsonl.event(event)
  const findings = stdout.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'finding')
  assert.deepEqual(
    [findings.length, findings[0].host, findings[2].host, findings[2].message],
    [3, 'web-1', undefined, 'the hosts are on different releases'],
  )
  const logged = ill
    .filter(({ type }) => type === 'finding')
    .map(logText)
    .join('')
  assert.match(logged, / web-1 FINDING error of core: Redis does not .*\n.* web-1 {3}remedy: sudo systemctl start redis\n/)
  assert.match(logged, / - FINDING warning of core: the hosts are/)
})

test("the log says that an unread host's release is not known, not that nothing is live", () => {
  const live: LiveRelease[] = [
    { host: 'a', release: undefined, revision: undefined, state: 'unknown' },
    { host: 'b', release: undefined, revision: undefined, state: 'same' },
    { host: 'c', release: '20261125101112', revision: '4a5b6c7d', state: 'unknown' },
  ]
  const run = record()
  run.add({ type: 'run:end', exit: 3, ms: 1, headline: 'no', live, next: [], warnings: [] })
  assert.match(
    logText(run.events[0]!),
    /live on a: not known\n.*live on b: nothing \(same\)\n.*live on c: 20261125101112 \(4a5b6c7\) \(unknown\)\n/,
  )
})
