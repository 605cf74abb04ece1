import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseRenderers } from '../../src/output/choose.ts'
import { plainPaint } from '../../src/output/colours.ts'
import { createTaskOutput } from '../../src/output/task-output.ts'
import type { Renderer } from '../../src/events/types.ts'
import { begin, record, wave } from './runs.ts'
import type { Recording } from './runs.ts'
import { sink } from './sink.ts'

const quiet = (wait = 60_000) => {
  const [stdout, stderr] = [sink({ columns: 80 }), sink()]
  return { stdout, stderr, renderer: createTaskOutput({ stdout, stderr, paint: plainPaint, wait }) }
}
const play = (renderer: Renderer, run: Recording): void => run.events.forEach((event) => renderer.event(event))
const end = (run: Recording, exit: number, headline: string): void =>
  run.add({ type: 'run:end', exit, ms: 1, headline, live: [], next: [] })

test('the output of a task on one host is its lines, unchanged', () => {
  const run = record()
  begin(run, ['a1'], 'app:log')
  wave(run, 1, 'app:log', ['a1'], () => run.step('a1', 'app:log', 'journalctl -f', { output: ['one', '  two \u001b[2J'] }))
  end(run, 0, 'done')
  const { stdout, stderr, renderer } = quiet()
  play(renderer, run)
  assert.equal(stdout.text, 'one\n  two \n')
  assert.equal(stderr.text, '')
})

test('the output of a task on several hosts has the host before each line, and shows tables and logs but no captured output', () => {
  const run = record()
  begin(run, ['a1', 'worker-1'], 'app:status')
  run.step('worker-1', 'app:status', 'uptime', { output: ['up'] })
  run.add({ type: 'step:start', host: 'a1', task: 'app:status', step: 'x', title: 'ps', command: 'ps', captured: true })
  run.add({ type: 'step:output', host: 'a1', task: 'app:status', step: 'x', stream: 'stdout', line: 'for the code alone' })
  run.add({ type: 'step:end', host: 'a1', task: 'app:status', step: 'x', status: 'ok', code: 0, ms: 1 })
  run.add({ type: 'table', task: 'app:status', rows: [{ host: 'a1', busy: 3 }] })
  run.add({ type: 'log', level: 'info', message: 'all is well' })
  run.add({ type: 'log', level: 'warn', message: 'nearly', host: 'a1' })
  end(run, 0, 'done')
  const { stdout, stderr, renderer } = quiet()
  play(renderer, run)
  assert.equal(stdout.text, 'worker-1  up\nhost  busy\na1       3\nall is well\n')
  assert.equal(stderr.text, 'a1        ⚠ nearly\n')
})

test('stderr and failures go to stderr, without repeating the last lines', async () => {
  const run = record()
  begin(run, ['a1'], 'app:log')
  run.add({ type: 'step:start', host: 'a1', task: 'app:log', step: 'x', title: 'cat', command: 'cat log' })
  run.add({ type: 'step:output', host: 'a1', task: 'app:log', step: 'x', stream: 'stderr', line: 'cat: no such file' })
  run.add({ type: 'step:end', host: 'a1', task: 'app:log', step: 'x', status: 'failed', code: 1, ms: 1 })
  run.add({
    type: 'failure',
    failure: { host: 'a1', task: 'app:log', command: 'cat log', reason: 'exit 1', output: ['cat: no such file'] },
  })
  end(run, 1, 'failed')
  const { stdout, stderr, renderer } = quiet()
  play(renderer, run)
  await renderer.end?.()
  assert.equal(stdout.text, '')
  assert.equal(stderr.text, 'cat: no such file\n✖ app:log on a1: exit 1\n  $ cat log\n')
})

test('a failure is shown while other hosts go on, and a bad end without a failure is shown too', async () => {
  const { stderr, renderer } = quiet(1)
  renderer.event({ at: 1, type: 'failure', failure: { host: 'a1', reason: 'connection refused', output: [] } })
  while (!stderr.text.includes('✖ on a1: connection refused')) await new Promise((resolve) => setTimeout(resolve, 5))
  const other = quiet()
  other.renderer.event({ at: 1, type: 'run:end', exit: 130, ms: 1, headline: 'interrupted', live: [], next: [] })
  assert.equal(other.stderr.text, '✖ interrupted\n')
})

test('a task with `shows` shows only its output at a terminal too, but not instead of JSON lines', async () => {
  const run = record()
  begin(run, ['a1'])
  run.step('a1', 't', 'x', { output: ['a line'] })
  for (const output of [undefined, 'tree', 'plain'] as const) {
    const stdout = sink({ isTTY: true })
    const [renderer] = await chooseRenderers({ output, stdout, env: { NO_COLOR: '1' }, shows: true })
    play(renderer!, run)
    assert.equal(stdout.text, 'a line\n')
  }
  const stdout = sink()
  const [renderer] = await chooseRenderers({ output: 'jsonl', stdout, env: {}, shows: true })
  play(renderer!, run)
  assert.equal(stdout.text.trim().split('\n').length, run.events.length)
})
