import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { createPaint, plainPaint } from '../../src/output/paint.ts'
import { createPlain } from '../../src/output/plain.ts'
import type { RunEvent } from '../../src/events/types.ts'
import { ending } from '../../src/output/words.ts'
import { golden } from './golden.ts'
import { begin, failingDeploy, goodDeploy, hundredHosts, interrupted, record, splitDeploy } from './runs.ts'
import { sink } from './sink.ts'

const plain = (events: readonly RunEvent[], paint = plainPaint): string => {
  const stdout = sink({ columns: 80 })
  const renderer = createPlain({ stdout, paint })
  for (const event of events) renderer.event(event)
  return stdout.text
}

const recordings = { 'good-deploy': goodDeploy, 'failing-deploy': failingDeploy, 'split-deploy': splitDeploy, interrupted }
for (const [name, events] of Object.entries(recordings)) {
  test(`plain lines of the recorded run "${name}" are as they were read and found good`, () => golden(`plain-${name}`, plain(events())))
}

test('plain lines move no cursor and hold no colour when colours are off', () => {
  for (const events of Object.values(recordings)) assert.doesNotMatch(plain(events()), /[\u001b\r\u0008]/)
})

test('a script of many lines is shown by its title alone, a command of one line with what was typed', () => {
  const run = record()
  begin(run, ['a1'])
  run.step('a1', 'deploy:set_current_revision', 'write REVISION', { command: '( ⏎ release="$HOME"/shop ⏎ real() {' })
  run.step('a1', 'app:stamp', 'stamp the release', { command: 'echo 1 > built-from' })
  const text = plain(run.events)
  assert.match(text, /write REVISION {2}240ms\na1 {2}✔ 02 app:stamp/)
  assert.match(text, /\$ echo 1 > built-from/)
})

test('with colours the words are the same', async () => {
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

test('a failure that no end of the run followed is shown by end()', async () => {
  const stdout = sink()
  const renderer = createPlain({ stdout, paint: plainPaint })
  renderer.event({ at: 1, type: 'failure', failure: { host: 'a1', reason: 'connection refused', output: [] } })
  assert.equal(stdout.text, '')
  await renderer.end?.()
  assert.match(stdout.text, /✖ on a1: connection refused/)
})

test('a silent step that lasts is announced before it ends', async () => {
  const stdout = sink()
  const renderer = createPlain({ stdout, paint: plainPaint, linger: 1 })
  const run = record()
  begin(run, ['a1'])
  run.add({ type: 'step:start', host: 'a1', task: 't', step: '1', title: 'sleep 60', command: 'sleep 60' })
  for (const event of run.events) renderer.event(event)
  while (!stdout.text.includes('→ 01 t  sleep 60')) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('a reader that does not keep up loses output lines, is told how many, and loses nothing else', () => {
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
    import { createPlain } from ${JSON.stringify(new URL('../../src/output/plain.ts', import.meta.url).href)}
    import { plainPaint } from ${JSON.stringify(new URL('../../src/output/paint.ts', import.meta.url).href)}
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

test('a terminal that nobody gave a size breaks no hint into words', () => {
  const shown = (columns: number | undefined): string => {
    const stdout = sink(columns === undefined ? {} : { columns, rows: 0 })
    const renderer = createPlain({ stdout, paint: plainPaint })
    for (const event of failingDeploy()) renderer.event(event)
    return stdout.text
  }
  assert.equal(shown(0), shown(undefined))
})

test('a step that was cancelled says so once', () => {
  const step = { type: 'step:end', host: 'a', task: 't', step: '1', at: 0, status: 'cancelled', code: undefined, ms: 4700 } as const
  assert.equal(ending({ ...step, note: 'cancelled' }, plainPaint).words, 'cancelled after 4.7s')
  assert.equal(ending({ ...step, note: 'connection lost' }, plainPaint).words, 'cancelled after 4.7s: connection lost')
})
