import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunEvent } from '../../../src/events/types.ts'
import { closing, frame } from '../../../src/output/tree/frame.ts'
import type { HostNode } from '../../../src/output/tree/frame.ts'
import { plainPaint } from '../../../src/output/colours.ts'
import { createPhase, track } from '../../../src/output/tree/phase.ts'
import type { Phase } from '../../../src/output/tree/phase.ts'
import { width } from '../../../src/values/width.ts'
import { busyHosts, failingDeploy } from '../runs.ts'

const nodes = (phase: Phase): HostNode[] =>
  [...phase.rows.values()].map((row) => ({ row, node: { title: row.host, state: 'STARTED', message: {} } }))
const shown = (phase: Phase, rows = 24, columns = 80, now = 5000): string[] =>
  frame(phase, nodes(phase), { columns, rows, now, spin: '*', paint: plainPaint })

/** A phase in progress: all events up to the end of its wave. */
const halfway = (events: readonly RunEvent[]): Phase => {
  const start = events.findIndex((event) => event.type === 'wave:start')
  const wave = events[start]!
  assert.ok(wave.type === 'wave:start')
  const phase = createPhase(wave.title, wave.hosts, wave.at)
  for (const event of events.slice(start)) {
    if (event.type === 'wave:end') break
    track(phase, event)
  }
  return phase
}

const step = { host: 'a1', task: 'git:update', step: '1' }

test('a running host shows its step, the time it has taken, and its last line', () => {
  const phase = createPhase('update', ['a1', 'w1'], 0)
  track(phase, { at: 1000, type: 'step:start', ...step, title: 'Fetch main', command: 'git fetch' })
  track(phase, { at: 1100, type: 'step:output', ...step, stream: 'stderr', line: 'remote: Counting' })
  track(phase, { at: 1200, type: 'step:output', ...step, stream: 'stderr', line: '' })
  assert.deepEqual(shown(phase), [
    '* update 2 hosts  5.0s',
    '  * a1  git:update  Fetch main  4.0s',
    '        remote: Counting',
    '  ◦ w1  waiting',
  ])
  track(phase, { at: 2000, type: 'step:end', ...step, status: 'ok', code: 0, ms: 1000 })
  assert.deepEqual(shown(phase).slice(1), ['  ✔ a1  1.0s', '  ◦ w1  waiting'])
})

test('a host between two scripts is shown as waiting, not as done', () => {
  const phase = createPhase('update', ['a1', 'a2'], 0)
  track(phase, { at: 0, type: 'step:start', ...step, title: 'Prepare', command: 'mkdir' })
  track(phase, { at: 500, type: 'step:end', ...step, status: 'ok', code: 0, ms: 500 })
  track(phase, { at: 500, type: 'host:waiting', host: 'a1', wave: 0, reason: 'its turn: 1 hosts at a time' })
  assert.deepEqual(shown(phase).slice(1), ['  ◦ a1  waiting for its turn: 1 hosts at a time', '  ◦ a2  waiting'])
  track(phase, { at: 3000, type: 'step:start', ...step, title: 'Fetch main', command: 'git fetch' })
  track(phase, { at: 4000, type: 'step:end', ...step, status: 'ok', code: 0, ms: 1000 })
  assert.equal(shown(phase)[1], '  ✔ a1  4.0s')
})

test('a host between two steps of a code task shows the task', () => {
  const phase = createPhase('p', ['a1'], 0)
  track(phase, { at: 0, type: 'task:start', host: 'a1', task: 'load', wave: 0 })
  track(phase, { at: 0, type: 'step:start', ...step, title: 'uptime', command: 'uptime' })
  track(phase, { at: 1, type: 'step:end', ...step, status: 'ok', code: 0, ms: 1 })
  assert.match(shown(phase)[1]!, /\* a1 {2}load/)
  track(phase, { at: 2, type: 'task:end', host: 'a1', task: 'load', wave: 0, ok: true, ms: 2 })
  assert.match(shown(phase)[1]!, /✔ a1/)
})

test('a frame never exceeds the terminal, and shows every failure that fits', () => {
  const phase = halfway(busyHosts())
  for (const rows of [6, 12, 24, 60, 200]) {
    for (const columns of [30, 80, 120]) {
      const lines = shown(phase, rows, columns)
      assert.ok(lines.length < rows, `${lines.length} of ${rows}`)
      for (const name of ['web4', 'web20'])
        assert.ok(
          lines.some((line) => new RegExp(`✖ .*${name}\\b`).test(line)),
          `${name} in ${rows} rows`,
        )
      if (columns > 30) for (const line of lines.slice(1)) assert.ok(line.includes('✖') || width(line) <= columns, line)
    }
  }
  assert.equal(shown(phase).at(-1)?.trim(), '22 done, 8 waiting')
  assert.equal(shown(phase, 8).at(-1)?.trim(), '22 done, 8 waiting')
})

/** Fifty hosts that install gems: one is still at the step before, `failed` of them have failed, and the others were cancelled for it or run. */
const fifty = (failed: number, cancelled = false): Phase => {
  const phase = createPhase(
    'prepare',
    Array.from({ length: 50 }, (_, i) => `web${i + 1}`),
    0,
  )
  for (const [i, host] of [...phase.rows.keys()].entries()) {
    const ref = { host, task: i === 32 ? 'git:update' : 'bundler:install', step: host }
    track(phase, { at: 100 * i, type: 'step:start', ...ref, title: 'do it', command: 'do it' })
    track(phase, { at: 100 * i, type: 'step:output', ...ref, stream: 'stdout', line: `Fetching ${host}` })
    const status = i % 7 === 1 && i < 7 * failed ? 'failed' : cancelled ? 'cancelled' : undefined
    if (status) track(phase, { at: 5000, type: 'step:end', ...ref, status, code: status === 'failed' ? 7 : undefined, ms: 5000 })
  }
  return phase
}

test('hosts that do the same share a row if they do not fit, and a host that differs has its own', () => {
  assert.deepEqual(shown(fifty(2), 24, 80, 10_000), [
    '* prepare 50 hosts  10.0s',
    '  * 47 hosts  bundler:install  do it  10.0s',
    '  ✖ web2      exit 7  bundler:install  do it',
    '  ✖ web9      exit 7  bundler:install  do it',
    '  * web33     git:update  do it  6.8s',
  ])
})

test('many hosts that failed in the same way share a row, which names the first ones', () => {
  assert.deepEqual(shown(fifty(7), 8, 80, 10_000).slice(1, 4), [
    '  * 42 hosts               bundler:install  do it  10.0s',
    '  ✖ web2, web9 and 5 more  exit 7  bundler:install  do it',
    '  * web33                  git:update  do it  6.8s',
  ])
})

test('a finished phase has one line for many hosts with the same reason', () => {
  const phase = fifty(2, true)
  phase.ended = 6000
  assert.deepEqual(closing(phase, nodes(phase), false, { paint: plainPaint, columns: 80 }), [
    '✖ prepare 50 hosts  6.0s',
    '  ⊘ web1, web3 and 45 more  cancelled  bundler:install  do it',
    '  ✖ web2                    exit 7  bundler:install  do it',
    '  ✖ web9                    exit 7  bundler:install  do it',
    '  ⊘ web33                   cancelled  git:update  do it',
  ])
})

test('a finished phase takes one line, and one more for each failed host', () => {
  const phase = halfway(failingDeploy())
  phase.ended = phase.begun + 9000
  assert.deepEqual(closing(phase, nodes(phase), false, { paint: plainPaint, columns: 60 }), [
    '✖ update 3 hosts  9.0s',
    '  ✖ a1  exit 7  bundler:install  bundle config set --local …',
    '  ✖ a2  exit 7  bundler:install  bundle config set --local …',
    '  ⊘ w1  cancelled  bundler:install  bundle config set --loc…',
  ])
})

test('a lost host stays failed, whatever events follow', () => {
  const phase = createPhase('p', ['a1'], 0)
  track(phase, { at: 0, type: 'host:lost', host: 'a1', reason: 'no answer' })
  track(phase, { at: 1, type: 'step:start', ...step, title: 'x', command: 'x' })
  assert.match(shown(phase)[1]!, /✖ a1 {2}connection lost: no answer/)
})

test('an allowed failure counts as tolerated, and a captured command that fails does not', () => {
  for (const [captured, words] of [
    [false, '✔ look on a1  1 step tolerated  1.0s'],
    [true, '✔ look on a1  1.0s'],
  ] as const) {
    const phase = createPhase('look', ['a1'], 0)
    track(phase, { at: 0, type: 'step:start', ...step, title: 'test -f x', command: 'test -f x', ...(captured ? { captured: true } : {}) })
    track(phase, { at: 500, type: 'step:end', ...step, status: 'tolerated', code: 1, ms: 500 })
    phase.ended = 1000
    assert.deepEqual(closing(phase, nodes(phase), true, { paint: plainPaint, columns: 80 }), [words])
  }
})

test('a step that warns counts as a warning, not as a failure', () => {
  const phase = createPhase('look', ['a1'], 0)
  for (const name of ['1', '2']) {
    track(phase, { at: 0, type: 'step:start', ...step, step: name, title: 'disk is filling', command: 'disk is filling' })
    track(phase, { at: 500, type: 'step:end', ...step, step: name, status: 'warned', code: undefined, ms: 500 })
  }
  phase.ended = 1000
  assert.deepEqual(closing(phase, nodes(phase), true, { paint: plainPaint, columns: 80 }), ['✔ look on a1  2 warnings  1.0s'])
})

test('a phase of one host names it', () => {
  const ended = (title: string, hosts: readonly string[]) => {
    const phase = { ...createPhase(title, hosts, 0), ended: 1000 }
    return closing(phase, nodes(phase), true, { paint: plainPaint, columns: 80 })[0]
  }
  assert.equal(ended('app:restart, 1 of 2', ['a1']), '✔ app:restart, 1 of 2 on a1  1.0s')
  assert.equal(ended('assets:build', ['local']), '✔ assets:build on local  1.0s')
  assert.equal(ended('check', ['a1']), '✔ check a1  1.0s')
  assert.equal(ended('check', ['a1', 'a2']), '✔ check 2 hosts  1.0s')
})

test('a host that transfers files shows how far it is', () => {
  const phase = createPhase('send', ['a1'], 0)
  track(phase, { at: 1000, type: 'step:start', ...step, title: 'upload dist to /srv/site', command: 'sh' })
  track(phase, { at: 2500, type: 'step:progress', ...step, done: 540_000_000, total: 1_200_000_000 })
  assert.match(shown(phase).join('\n'), /upload dist to \/srv\/site .*\n +45 % of 1\.2 GB/)
})
