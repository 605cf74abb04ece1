import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { createPaint, plainPaint } from '../../../src/output/colours.ts'
import { createPlain } from '../../../src/output/plain/plain.ts'
import type { RunEvent } from '../../../src/events/types.ts'
import { logText } from '../../../src/output/log-text.ts'
import { describeEnd } from '../../../src/output/format.ts'
import { golden } from '../golden.ts'
import { begin, failingDeploy, fleetDeploy, goodDeploy, hundredHosts, interrupted, record, splitDeploy } from '../runs.ts'
import { sink } from '../sink.ts'

const plain = (events: readonly RunEvent[], paint = plainPaint): string => {
  const stdout = sink({ columns: 80 })
  const renderer = createPlain({ stdout, paint })
  for (const event of events) renderer.event(event)
  return stdout.text
}

const recordings = {
  'good-deploy': goodDeploy,
  'failing-deploy': failingDeploy,
  'split-deploy': splitDeploy,
  'fleet-deploy': fleetDeploy,
  interrupted,
}
for (const [name, events] of Object.entries(recordings)) {
  test(`plain output of the recorded run "${name}" equals its golden file`, () => golden(`plain-${name}`, plain(events())))
}

test('plain output without colours has no control sequence', () => {
  for (const events of Object.values(recordings)) assert.doesNotMatch(plain(events()), /[\u001b\r\u0008]/)
})

test('a step is shown by its title alone, and one without a title by its command', () => {
  const run = record()
  begin(run, ['a1'])
  run.step('a1', 'app:stamp', 'stamp the release', { command: 'echo 1 > built-from' })
  run.step('a1', 'app:look', 'uptime')
  const text = plain(run.events)
  assert.match(text, /✔ 01 app:stamp {2}stamp the release {2}240ms\na1 {2}✔ 02 app:look {2}\$ uptime {2}240ms\n/)
  assert.doesNotMatch(text, /built-from/)
})

test('--verbose shows the whole script below its step, once for all hosts', () => {
  const run = record()
  begin(run, ['a1', 'a2'])
  const script = 'cd /srv/shop\nexport RAILS_ENV=production\necho 1 > built-from'
  for (const host of ['a1', 'a2']) {
    const ref = { host, task: 'app:stamp', step: host }
    run.add({ type: 'step:start', ...ref, title: 'stamp the release', command: 'echo 1 > built-from', script })
    run.add({ type: 'step:end', ...ref, status: 'ok', code: 0, ms: 3 })
  }
  const stdout = sink()
  const renderer = createPlain({ stdout, paint: plainPaint, verbose: true })
  for (const event of run.events) renderer.event(event)
  assert.ok(
    stdout.text.endsWith(
      [
        'a1  ✔ 01 app:stamp  stamp the release  3ms',
        'a1    01 $ cd /srv/shop',
        'a1    01   export RAILS_ENV=production',
        'a1    01   echo 1 > built-from',
        'a2  ✔ 01 app:stamp  stamp the release  3ms',
        '',
      ].join('\n'),
    ),
    stdout.text,
  )
})

test('a step has one number on every host, even if its command differs there', () => {
  const run = record()
  begin(run, ['a1', 'a2'])
  const steps = (home: string): readonly (readonly [title: string, command: string])[] => [
    ['look', `ls ${home}`],
    ['uptime', 'uptime'],
    ['write the files', `cp a ${home}`],
    ['write the files', `cp b ${home}`],
    ['look', `ls ${home}`],
    [`echo ${home}`, `echo ${home}`],
  ]
  for (const [host, home] of [
    ['a1', '/home/a'],
    ['a2', '/home/b'],
  ] as const)
    for (const [title, command] of steps(home)) run.step(host, 'app:go', title, { command })
  const numbers = (host: string): string[] =>
    plain(run.events)
      .split('\n')
      .flatMap((line) => new RegExp(`^${host}  ✔ (\\d+)`).exec(line)?.[1] ?? [])
  assert.deepEqual(numbers('a1'), ['01', '02', '03', '04', '01', '05'])
  assert.deepEqual(numbers('a2'), ['01', '02', '03', '04', '01', '06'])
})

test('--verbose shows each script of a step whose command differs from host to host', () => {
  const run = record()
  begin(run, ['a1', 'a2', 'a3'])
  const homes = { a1: '/home/a', a2: '/home/b', a3: '/home/b' }
  for (const [host, home] of Object.entries(homes)) run.step(host, 'app:go', 'look', { command: `ls ${home}` })
  const stdout = sink()
  const renderer = createPlain({ stdout, paint: plainPaint, verbose: true })
  for (const event of run.events) renderer.event(event)
  assert.deepEqual(stdout.text.match(/^a\d {4}01 \$ .*$/gm), ['a1    01 $ ls /home/a', 'a2    01 $ ls /home/b'])
})

/** A step that fails with ten lines of output, then what other steps print, then the end of the run. */
const failing = (after: number): string => {
  const run = record()
  begin(run, ['a1', 'a2'])
  const output = Array.from({ length: 10 }, (_, i) => `line ${i}`)
  run.step('a1', 'app:build', 'make', { output, status: 'failed', code: 2 })
  run.add({ type: 'failure', failure: { host: 'a1', task: 'app:build', command: 'make', reason: 'exit 2', output } })
  for (let i = 0; i < after; i++) run.step('a2', 'app:other', `other ${i}`)
  run.add({ type: 'run:end', exit: 1, ms: 10, headline: 'failed', live: [], next: [] })
  return plain(run.events)
}

test('the output of a failed step is repeated only if it is not directly above', () => {
  assert.equal(failing(3).match(/line 9/g)?.length, 1)
  assert.match(failing(3), /✖ app:build on a1: exit 2\n {2}\$ make\n\n/)
  assert.match(failing(30), /✖ app:build on a1: exit 2\n {2}\$ make\n {2}│ line 0\n[^]*│ line 9\n/)
})

test('a message is printed once: a warning by itself, a failure with its remedy', () => {
  const run = record()
  begin(run, ['a1'])
  const warned = { host: 'a1', task: 's:note', step: '1' }
  run.add({ type: 'step:start', ...warned, title: 'the disk is filling', command: 'the disk is filling', message: true })
  run.add({ type: 'step:end', ...warned, status: 'warned', code: undefined, ms: 3 })
  run.add({ type: 'log', level: 'warn', host: 'a1', task: 's:note', message: 'the disk is filling' })
  const refused = { host: 'a1', task: 's:no', step: '2' }
  run.add({ type: 'step:start', ...refused, title: 'not on Fridays', command: 'not on Fridays', message: true })
  run.add({ type: 'step:end', ...refused, status: 'failed', code: 1, ms: 3 })
  run.add({ type: 'failure', failure: { host: 'a1', task: 's:no', reason: 'not on Fridays', output: [] } })
  run.add({ type: 'run:end', exit: 1, ms: 10, headline: 'failed', live: [], next: [] })
  const lines = plain(run.events).split('\n').slice(3)
  assert.deepEqual(lines, [
    'a1  ⚠ the disk is filling',
    'a1  ✖ 02 s:no  exit 1, 3ms',
    '',
    '✖ s:no on a1: not on Fridays',
    '',
    '✖ failed (10ms)',
    '',
  ])
  assert.match(run.events.map(logText).join(''), / a1 \[1\] warned in 3 ms\n/)
})

test('coloured output has the same words', async () => {
  const coloured = plain(failingDeploy(), await createPaint(true))
  assert.match(coloured, /\u001b\[31m/)
  assert.equal(coloured.replace(/\u001b\[[0-9;]*m/g, ''), plain(failingDeploy()))
})

test('the summary of a hundred hosts fits on a screen and names the one left behind', () => {
  const tail = plain(hundredHosts()).split('\n').slice(-8)
  assert.ok(
    tail.some((line) => /99 hosts +20261125101112/.test(line)),
    tail.join('\n'),
  )
  assert.ok(tail.some((line) => /app-042 +20261124080000 .*as before/.test(line)))
})

test('a line that waits for other hosts is shown before a line that may not wait, and at the end', async () => {
  const run = record()
  begin(
    run,
    Array.from({ length: 6 }, (_, i) => `web${i + 1}`),
  )
  run.step('web1', 'app:go', 'go')
  run.step('web2', 'app:go', 'go', { status: 'failed', code: 2, output: ['no'] })
  run.step('web3', 'app:go', 'go')
  const stdout = sink()
  const renderer = createPlain({ stdout, paint: plainPaint })
  for (const event of run.events) renderer.event(event)
  assert.match(stdout.text, /\nweb1 +✔ 01 app:go .*\nweb2 +✖ 01 app:go .*\nweb2 +01 no\n$/)
  await renderer.end?.()
  assert.match(stdout.text, /01 no\nweb3 +✔ 01 app:go .*\n$/)
})

test('end() shows a failure if the run had no end', async () => {
  const stdout = sink()
  const renderer = createPlain({ stdout, paint: plainPaint })
  renderer.event({ at: 1, type: 'failure', failure: { host: 'a1', reason: 'connection refused', output: [] } })
  assert.equal(stdout.text, '')
  await renderer.end?.()
  assert.match(stdout.text, /✖ on a1: connection refused/)
})

test('the output of a quick step is below its line; a longer step has a line for its start and one for its end', () => {
  const run = record()
  begin(run, ['a1'])
  run.step('a1', 'app:quick', 'be quick', { command: 'true', output: ['one', 'two'] })
  const ref = { host: 'a1', task: 'app:slow', step: 'slow' }
  const output = { type: 'step:output', ...ref, stream: 'stdout' } as const
  run.add({ type: 'step:start', ...ref, title: 'take a while', command: 'sleep 3' }, { ...output, line: 'three' })
  run.wait(1200)
  run.add({ ...output, line: 'four' })
  run.wait(1800)
  run.add({ type: 'step:end', ...ref, status: 'ok', code: 0, ms: 3000 })
  assert.deepEqual(plain(run.events).split('\n').slice(3), [
    'a1  ✔ 01 app:quick  be quick  240ms',
    'a1    01 one',
    'a1    01 two',
    'a1  → 02 app:slow  take a while',
    'a1    02 three',
    'a1    02 four',
    'a1  ✔ 02 3.0s',
    '',
  ])
})

test('the output of a step is shown even if the run ends before the step does', async () => {
  const run = record()
  begin(run, ['a1'])
  const ref = { host: 'a1', task: 't', step: '1' }
  run.add({ type: 'step:start', ...ref, title: 'build', command: 'make' }, { type: 'step:output', ...ref, stream: 'stdout', line: 'half' })
  const stdout = sink()
  const renderer = createPlain({ stdout, paint: plainPaint })
  for (const event of run.events) renderer.event(event)
  await renderer.end?.()
  assert.match(stdout.text, /a1 {2}→ 01 t {2}build\na1 {4}01 half\n$/)
})

test('a silent step that takes long is announced before it ends', async () => {
  const stdout = sink()
  const renderer = createPlain({ stdout, paint: plainPaint, announceAfter: 1 })
  const run = record()
  begin(run, ['a1'])
  run.add({ type: 'step:start', host: 'a1', task: 't', step: '1', title: 'sleep 60', command: 'sleep 60' })
  for (const event of run.events) renderer.event(event)
  while (!stdout.text.includes('→ 01 t  $ sleep 60')) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('a slow reader loses only lines of output, and gets their number', () => {
  const stdout = sink()
  let waiting = 2_000_000
  Object.defineProperty(stdout, 'writableLength', { get: () => waiting })
  const renderer = createPlain({ stdout, paint: plainPaint })
  const output = (line: string): RunEvent => ({ at: 1, type: 'step:output', host: 'a1', task: 't', step: '1', stream: 'stdout', line })
  renderer.event(output('lost'))
  renderer.event(output('lost'))
  renderer.event({ at: 1, type: 'log', level: 'warn', message: 'kept' })
  waiting = 0
  renderer.event(output('shown'))
  assert.match(stdout.text, /2 lines of output are not shown/)
  assert.match(stdout.text, /kept[^]*shown/)
  assert.doesNotMatch(stdout.text, /lost/)
})

test('a pipe that is closed early does not end the process', () => {
  const script = `
    import { createPlain } from ${JSON.stringify(new URL('../../../src/output/plain/plain.ts', import.meta.url).href)}
    import { plainPaint } from ${JSON.stringify(new URL('../../../src/output/colours.ts', import.meta.url).href)}
    const renderer = createPlain({ stdout: process.stdout, paint: plainPaint })
    for (let i = 0; i < 2000; i++) {
      renderer.event({ at: 1, type: 'log', level: 'warn', message: 'x'.repeat(200) })
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await renderer.end()
    process.stderr.write('survived')
  `
  const ran = spawnSync('/bin/sh', ['-c', '"$0" --input-type=module -e "$1" | head -n 1 >/dev/null', process.execPath, script], {
    encoding: 'utf8',
  })
  assert.equal(ran.stderr, 'survived')
})

test('a terminal without a known size gets unbroken hints', () => {
  const shown = (columns: number | undefined): string => {
    const stdout = sink(columns === undefined ? {} : { columns, rows: 0 })
    const renderer = createPlain({ stdout, paint: plainPaint })
    for (const event of failingDeploy()) renderer.event(event)
    return stdout.text
  }
  assert.equal(shown(0), shown(undefined))
})

test('a cancelled step has one reason', () => {
  const step = { type: 'step:end', host: 'a', task: 't', step: '1', at: 0, status: 'cancelled', code: undefined, ms: 4700 } as const
  assert.equal(describeEnd({ ...step, note: 'cancelled' }, plainPaint).text, 'cancelled after 4.7s')
  assert.equal(describeEnd({ ...step, note: 'connection lost' }, plainPaint).text, 'cancelled after 4.7s: connection lost')
})

test('the output of a failed step is in the failure if a slow reader did not get it above', () => {
  const stdout = sink()
  let waiting = 0
  Object.defineProperty(stdout, 'writableLength', { get: () => waiting })
  const renderer = createPlain({ stdout, paint: plainPaint })
  const run = record()
  begin(run, ['a1'])
  run.step('a1', 'app:build', 'make', { output: ['why it failed'], status: 'failed', code: 2 })
  run.add({ type: 'failure', failure: { host: 'a1', task: 'app:build', command: 'make', reason: 'exit 2', output: ['why it failed'] } })
  run.add({ type: 'run:end', exit: 1, ms: 10, headline: 'failed', live: [], next: [] })
  for (const event of run.events) {
    // the reader is behind while the step prints
    waiting = event.type === 'step:output' || event.type === 'step:end' ? 2_000_000 : 0
    renderer.event(event)
  }
  assert.match(stdout.text, /✖ app:build on a1: exit 2\n {2}\$ make\n {2}│ why it failed\n/)
})

test('a transfer of files has a line about its progress every ten seconds', () => {
  const run = record()
  begin(run, ['a1'])
  const ref = { host: 'a1', task: 'send', step: '1' }
  run.add({ type: 'step:start', ...ref, title: 'upload dist to /srv/site', command: 'sh' })
  const { at } = run.events.at(-1)!
  const progress = [1, 12, 13, 23].map((s) => ({
    at: at + s * 1000,
    type: 'step:progress' as const,
    ...ref,
    done: s * 1000,
    total: 50_000,
  }))
  const text = plain([...run.events, ...progress])
  assert.match(text, /→ 01 send {2}upload dist to \/srv\/site\n/)
  assert.deepEqual(text.match(/\d+ % of 50 kB/g), ['2 % of 50 kB', '24 % of 50 kB', '46 % of 50 kB'])
})

test('a step is shown at once when its last host has ended it, and again when code runs it again', () => {
  const stdout = sink({ columns: 80 })
  const renderer = createPlain({ stdout, paint: plainPaint, announceAfter: 60_000 })
  const run = record()
  const hosts = Array.from({ length: 6 }, (_, i) => `w${i + 1}`)
  begin(run, hosts)
  run.add({ type: 'wave:start', wave: 0, title: 'go', tasks: ['go'], hosts })
  const shownAfter = (host: string): number => {
    run.step(host, 'go', 'uptime')
    for (const event of run.events.splice(0)) renderer.event(event)
    return stdout.text.match(/^6 hosts +✔ 01/gm)?.length ?? 0
  }
  assert.deepEqual([...hosts, ...hosts].map(shownAfter), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2])
  assert.doesNotMatch(stdout.text, /^w\d +✔ 01/m)
})
