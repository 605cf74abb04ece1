import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createBus } from '../../src/events/bus.ts'
import type { Renderer, RunEvent } from '../../src/events/types.ts'
import { createJsonl } from '../../src/output/jsonl.ts'
import { createLogFile } from '../../src/output/log-file.ts'
import { failingDeploy, goodDeploy } from './runs.ts'
import { sink } from './sink.ts'

const dir = mkdtempSync(join(tmpdir(), 'shipit-output-'))
after(() => rmSync(dir, { recursive: true }))

const play = async (renderer: Renderer, events: readonly RunEvent[]): Promise<void> => {
  for (const event of events) renderer.event(event)
  await renderer.end?.()
}

test('jsonl output is one whole event a line, without colours', async () => {
  const stdout = sink()
  const events = goodDeploy()
  await play(createJsonl(stdout), events)
  const parsed = stdout.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent)
  assert.deepEqual(
    parsed.map((event) => event.type),
    events.map((event) => event.type),
  )
  assert.doesNotMatch(stdout.text, /\\u001b/)
})

test('the log file has everything, is readable only by its owner, and is appended to', async () => {
  const path = join(dir, 'log/shipit.log')
  await play(createLogFile({ path, argv: ['production', 'deploy'] }), goodDeploy())
  await play(createLogFile({ path, argv: ['production', 'deploy'] }), failingDeploy())
  const text = readFileSync(path, 'utf8')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(text.match(/^START .* production deploy$/gm)?.length, 2)
  assert.match(text, /by anna, shipit 0\.1\.0/)
  for (const event of [...goodDeploy(), ...failingDeploy()]) {
    if (event.type === 'step:start') for (const line of event.command.split('\n')) assert.ok(text.includes(line))
    if (event.type === 'step:output') assert.ok(text.includes(event.line.replace(/\u001b\[\d+m/g, '')))
  }
  assert.match(text, /^2026-11-2\d \d\d:\d\d:\d\d\.\d{3} [+-]\d\d:\d\d worker-1 \[\d+\] \| Fetching sidekiq 6\.4\.1$/m)
  assert.match(text, /DEBUG not for people/)
  assert.doesNotMatch(text, /\u001b/)
})

test('a log file that is too long is moved aside once', async () => {
  const path = join(dir, 'long.log')
  writeFileSync(path, 'x'.repeat(900))
  writeFileSync(`${path}.1`, 'older')
  const renderer = createLogFile({ path, argv: [], rotateAt: 1000 })
  await play(renderer, [{ at: 1, type: 'log', level: 'info', message: 'y'.repeat(200) }])
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'x'.repeat(900))
  assert.match(readFileSync(path, 'utf8'), /START[^]*yyy/)
  assert.equal(existsSync(`${path}.2`), false)
})

test('one run stays in one log file, however long it is', async () => {
  const path = join(dir, 'one.log')
  const renderer = createLogFile({ path, argv: [], rotateAt: 1000 })
  await play(
    renderer,
    Array.from({ length: 50 }, (_, at) => ({ at, type: 'log', level: 'info', message: `${at} ${'y'.repeat(200)}` }) as const),
  )
  assert.match(readFileSync(path, 'utf8'), /START[^]* 0 yyy[^]* 49 yyy/)
  assert.equal(existsSync(`${path}.1`), false)
})

test('an unwritable log file causes one warning, and the run goes on', async () => {
  writeFileSync(join(dir, 'file'), '')
  const seen: string[] = []
  const bus = createBus({
    renderers: [
      { event: (event) => void seen.push(event.type === 'log' ? event.message : event.type) },
      createLogFile({ path: join(dir, 'file/shipit.log'), argv: [] }),
    ],
  })
  bus.emit({ type: 'lock:taken', host: 'a1' })
  bus.emit({ type: 'lock:taken', host: 'a2' })
  await bus.end()
  assert.equal(seen.length, 3)
  assert.match(seen[1]!, /^the log file .*shipit\.log cannot be written; this run goes on without it: (EEXIST|ENOTDIR)/)
})
